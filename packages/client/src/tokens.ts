/**
 * Returns an access token. `refused` is the token that the API has just answered with 401, or undefined when none has been
 * used yet. Return undefined when the athlete has to sign in again; throw when that is not known now, for example offline.
 */
export type GetToken = (refused: string | undefined) => Promise<string | undefined> | string | undefined

/** The current access token and its renewal: concurrent rejected requests cause one renewal. */
export class Tokens {
  readonly #getToken: GetToken | undefined
  #token: string | undefined
  #renewal: Promise<string | undefined> | undefined

  constructor(token: string | undefined, getToken: GetToken | undefined) {
    this.#token = token
    this.#getToken = getToken
  }

  /** The token to send; undefined if there is none, for example in a browser with a cookie. */
  async current(): Promise<string | undefined> {
    return this.#renewal ?? this.#token ?? this.#renew(undefined)
  }

  /** The token to send after `refused` was answered with 401; undefined: there is no other one. */
  async after(refused: string | undefined): Promise<string | undefined> {
    const token = this.#token === refused ? await this.#renew(refused) : this.#token
    return token === refused ? undefined : token
  }

  #renew(refused: string | undefined): Promise<string | undefined> {
    const getToken = this.#getToken
    if (getToken === undefined) return Promise.resolve(undefined)
    this.#renewal ??= Promise.resolve(refused)
      .then(getToken)
      .then((token) => {
        this.#token = token
        return token
      })
      .finally(() => {
        this.#renewal = undefined
      })
    return this.#renewal
  }
}
