// Streams of a test: what a command wrote to stdout and stderr, at a fixed width, with nobody at the keyboard.
import type { Streams } from './terminal.ts'

export interface Written {
  readonly streams: Streams
  readonly out: () => string
  readonly err: () => string
}

export function written(
  options: { readonly interactive?: boolean; readonly input?: NodeJS.ReadableStream } = {},
): Written {
  let out = ''
  let err = ''
  return {
    streams: {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
      interactive: options.interactive ?? false,
      ...(options.input === undefined ? {} : { input: options.input }),
      width: 80,
      colour: false,
    },
    out: () => out,
    err: () => err,
  }
}
