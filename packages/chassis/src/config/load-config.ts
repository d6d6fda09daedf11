import { readFileSync } from 'node:fs'
import { customCleanEnv, EnvMissingError, type OptionalValidatorSpec, type ValidatorSpec } from 'envalid'
import { ConfigurationError, type ConfigurationFault } from './configuration-error.ts'
import { isSecret } from './validators.ts'

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The variables that a program reads, each with its validator. */
export type Settings = Readonly<Record<string, ValidatorSpec<unknown>>>

type CamelCase<Name extends string> = Name extends `${infer Word}_${infer Rest}`
  ? `${Lowercase<Word>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>

type Value<Setting> =
  Setting extends OptionalValidatorSpec<infer T>
    ? T | undefined
    : Setting extends ValidatorSpec<infer T>
      ? T
      : never

/** The result of {@link loadConfig}: the setting `DATABASE_URL` becomes `databaseUrl`. */
export type Config<S extends Settings> = {
  readonly [Name in keyof S & string as CamelCase<Name>]: Value<S[Name]>
}

const shownValues = new WeakMap<object, Readonly<Record<string, unknown>>>()

/**
 * Reads and checks the variables that `settings` names; an empty one counts as not set. A secret may come from the file
 * that `<NAME>_FILE` names instead. The result is frozen.
 *
 * @throws ConfigurationError with every fault at once
 */
export function loadConfig<const S extends Settings>(env: Environment, settings: S): Config<S> {
  const { values, faults } = check(env, settings)
  if (faults.length > 0) throw new ConfigurationError(faults)

  const config: Record<string, unknown> = {}
  const shown: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const value = values[name]
    config[camelCase(name)] = value
    shown[camelCase(name)] = isSecret(setting) && value !== undefined ? 'configured' : value
  }
  shownValues.set(config, Object.freeze(shown))
  // The type is computed from the names, which the compiler cannot follow through the loop.
  return Object.freeze(config) as Config<S>
}

/** The faults that {@link loadConfig} would throw. */
export function findFaults(env: Environment, settings: Settings): readonly ConfigurationFault[] {
  return check(env, settings).faults
}

interface Checked {
  readonly values: Readonly<Record<string, unknown>>
  readonly faults: readonly ConfigurationFault[]
}

function check(env: Environment, settings: Settings): Checked {
  const given = valuesGiven(env, settings)
  const faults = [...given.faults, ...knownSecretFaults(env, given.values, settings)]
  const values = customCleanEnv(
    given.values,
    settings,
    (cleaned): Record<string, unknown> => ({ ...cleaned }),
    {
      reporter: ({ errors }) => faults.push(...validationFaults(errors, settings, faults)),
    },
  )
  return { values, faults }
}

/** Describes a loaded configuration for the log: values, but of secrets only whether they are set. */
export function describeConfig(config: object): Readonly<Record<string, unknown>> {
  return shownValues.get(config) ?? {}
}

/** Part of every secret of the demo in `docker-compose.yml`, which are public. */
const KNOWN_SECRET = 'development-only'

/** The demo's secrets are faults, so that none is used in production. */
function knownSecretFaults(
  env: Environment,
  values: Readonly<Record<string, string>>,
  settings: Settings,
): ConfigurationFault[] {
  if (env['ALLOW_DEVELOPMENT_SECRETS'] === 'true') return []
  return Object.entries(settings)
    .filter(([name, setting]) => isSecret(setting) && values[name]?.includes(KNOWN_SECRET))
    .map(([name]) => ({
      name,
      problem: 'is a public secret of the demo: set one of your own',
    }))
}

interface Given {
  readonly values: Readonly<Record<string, string>>
  readonly faults: readonly ConfigurationFault[]
}

function valuesGiven(env: Environment, settings: Settings): Given {
  const values: Record<string, string> = {}
  const faults: ConfigurationFault[] = []
  for (const [name, setting] of Object.entries(settings)) {
    const fileName = `${name}_FILE`
    const value = nonEmpty(env[name])
    const file = isSecret(setting) ? nonEmpty(env[fileName]) : undefined
    if (value !== undefined) values[name] = value
    if (file === undefined) continue
    if (value !== undefined) {
      faults.push({ name, problem: `is set twice: here and by ${fileName}` })
      continue
    }
    const content = readSecretFile(file)
    if (content.problem === undefined) values[name] = content.text
    else faults.push({ name, problem: `${fileName} names a file that ${content.problem}` })
  }
  return { values, faults }
}

type FileContent = { readonly text: string; readonly problem?: undefined } | { readonly problem: string }

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a directory',
  EACCES: 'this user may not read',
}

function readSecretFile(path: string): FileContent {
  try {
    const text = nonEmpty(readFileSync(path, 'utf8'))
    return text === undefined ? { problem: 'is empty' } : { text }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    return { problem: READ_PROBLEMS[code] ?? `cannot be read (${code})` }
  }
}

function validationFaults(
  errors: Readonly<Partial<Record<string, Error>>>,
  settings: Settings,
  known: readonly ConfigurationFault[],
): ConfigurationFault[] {
  const faults: ConfigurationFault[] = []
  for (const [name, error] of Object.entries(errors)) {
    if (error === undefined || known.some((fault) => fault.name === name)) continue
    faults.push({ name, problem: error instanceof EnvMissingError ? missing(settings[name]) : error.message })
  }
  return faults
}

/** The setting that this one depends on, according to its description. */
function missing(setting: Settings[string] | undefined): string {
  return setting?.desc === undefined ? 'is not set' : `is not set, but ${setting.desc}`
}

/** The trimmed text; `undefined` if it is empty. */
export function nonEmpty(value: string | undefined): string | undefined {
  const trimmed = value?.trim()
  return trimmed === '' ? undefined : trimmed
}

function camelCase(name: string): string {
  return name.toLowerCase().replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
