/** A request that is well formed but invalid. `pointer` is a JSON pointer into it. */
export class InputError extends Error {
  override readonly name = 'InputError'
  readonly code: 'invalid' | 'invalid_cursor'
  readonly pointer: string

  constructor(pointer: string, message: string, code: InputError['code'] = 'invalid') {
    super(message)
    this.code = code
    this.pointer = pointer
  }
}
