/** Version of this build, set by the bundler: see tools/build/bundle.mjs. */
declare const IKIGAI_BUILD: BuildInfo | undefined

/** Version and commit of a build. */
export interface BuildInfo {
  /** Semantic version of the release. */
  readonly version: string
  /** Commit that it was built from; `unknown` outside of a repository. */
  readonly revision: string
}

/** This build. Without the bundler, run from sources, it has neither a version nor a revision. */
export const BUILD: BuildInfo =
  typeof IKIGAI_BUILD === 'undefined' ? { version: '0.0.0', revision: 'unknown' } : IKIGAI_BUILD

/** `0.1.0+1a2b3c4d5e6f` */
export const BUILD_NAME = `${BUILD.version}+${BUILD.revision}`

/** Name of a service's connections, which shows operators service and build: `ikigai-auth 0.1.0+1a2b3c4`. */
export const connectionName = (service: string) => `ikigai-${service} ${BUILD_NAME}`
