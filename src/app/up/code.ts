// Where our own code lies and how its parts are started: sources of a checkout under their node, or the bundle of an installation.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Code {
  /** The checkout or the installation. */
  readonly root: string
  readonly node: string
  readonly server: string
  readonly runner: string
  readonly isCheckout: boolean
}

/** Found from where this very file runs. */
export function codeHere(): Code {
  const here = dirname(fileURLToPath(import.meta.url))
  const isCheckout = import.meta.url.endsWith('.ts')
  return codeIn(isCheckout ? join(here, '../../..') : join(here, '..'), isCheckout)
}

export function codeIn(root: string, isCheckout: boolean): Code {
  const own = isCheckout ? join(root, 'node_modules/node/bin/node') : join(root, 'bin/node')
  return {
    root,
    node: existsSync(own) ? own : process.execPath,
    server: join(root, isCheckout ? 'src/serve.ts' : 'dist/server.mjs'),
    runner: join(root, isCheckout ? 'src/runner/main.ts' : 'dist/runner.mjs'),
    isCheckout,
  }
}
