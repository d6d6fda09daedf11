import { type Environment, loadConfig, signUpSettings } from '@ikigai/chassis/config'

/** Notes that a command has no effect while `SIGN_UP` is one of these; empty otherwise. */
export function modeNote(env: Environment, ...without: readonly string[]): string {
  const { signUp } = loadConfig(env, signUpSettings)
  return without.includes(signUp) ? `\nIt has no effect yet: SIGN_UP is ${signUp}.` : ''
}
