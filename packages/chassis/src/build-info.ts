/** Version of this build, set by the bundler: see tools/build/bundle.mjs. */
declare const IKIGAI_BUILD: BuildInfo | undefined

/** Which build of ikigai runs. */
export interface BuildInfo {
  /** Semantic version of the release. */
  readonly version: string
  /** Commit that it was built from; `unknown` outside of a repository. */
  readonly revision: string
}

/** Which build of ikigai this is. Run from its sources, without the bundler, it has neither a version nor a revision. */
export const BUILD: BuildInfo =
  typeof IKIGAI_BUILD === 'undefined' ? { version: '0.0.0', revision: 'unknown' } : IKIGAI_BUILD

/** `0.1.0+1a2b3c4d5e6f` */
export const BUILD_NAME = `${BUILD.version}+${BUILD.revision}`

/** Name of a service's connections, by which operators see who is connected, and with which build: `ikigai-auth 0.1.0+1a2b3c4`. */
export const connectionName = (service: string) => `ikigai-${service} ${BUILD_NAME}`
