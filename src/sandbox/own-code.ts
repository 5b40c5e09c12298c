// Our own program for a child without power: node and the directory of our code, each by a descriptor. A checkout may lie below a directory that only root
// may enter; a path through that directory does not open for the child, and a descriptor does.
import { closeSync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface OwnCode extends Disposable {
  /** Handed to the child after its own descriptors. */
  readonly descriptors: readonly number[]
  /** `first`: the number of the first of them in the child. */
  readonly argv: (first: number, options: readonly string[]) => readonly string[]
}

/** `command`: node and our script, a bundle in `dist` or a source below `src`. */
export function ownCode([node = '', script = '', ...rest]: readonly string[]): OwnCode {
  // A source imports others by `..`: its descriptor is that of the whole checkout.
  const root = script.endsWith('.ts') ? join(dirname(script), '../..') : dirname(script)
  const program = openSync(node, 'r')
  let code: number
  try {
    code = openSync(root, 'r')
  } catch (cause) {
    closeSync(program)
    throw cause
  }
  return {
    descriptors: [program, code],
    argv: (first, options) => [
      `/proc/self/fd/${first}`,
      // Else node asks for the real path of each file, which leads through the closed directory.
      '--preserve-symlinks',
      '--preserve-symlinks-main',
      ...options,
      `/proc/self/fd/${first + 1}${script.slice(root.length)}`,
      ...rest,
    ],
    [Symbol.dispose]: () => {
      closeSync(program)
      closeSync(code)
    },
  }
}
