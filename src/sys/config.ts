// The one reader of process.env.

export type Environment = Readonly<Record<string, string | undefined>>

/** The environment as it was at the start, frozen. */
export const environment: Environment = Object.freeze({ ...process.env })

/** A value that must not appear in a log, an error or a record: printing it shows `[secret]`. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}
