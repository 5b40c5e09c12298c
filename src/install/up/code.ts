// Where our own code lies and how its parts are started: the bundles of an installation or of a checkout that was built, or a checkout's
// sources under their node.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Code {
  /** The checkout or the installation. */
  readonly root: string
  readonly node: string
  /** No node lies in the checkout or the installation: it is the one of the host that runs now. */
  readonly isHostNode: boolean
  readonly server: string
  readonly runner: string
  readonly watch: string
  readonly isBundle: boolean
}

/** Of the same kind as this very file: who was started from a bundle starts its parts from that bundle. */
export function codeHere(): Code {
  const here = dirname(fileURLToPath(import.meta.url))
  const isBundle = !import.meta.url.endsWith('.ts')
  return codeIn(isBundle ? join(here, '..') : join(here, '../../..'), isBundle)
}

export function codeIn(root: string, isBundle: boolean): Code {
  const own = ['bin/node', 'node_modules/node/bin/node'].map((path) => join(root, path)).find(existsSync)
  return {
    root,
    node: own ?? process.execPath,
    isHostNode: own === undefined,
    server: join(root, isBundle ? 'dist/server.mjs' : 'src/serve.ts'),
    runner: join(root, isBundle ? 'dist/runner.mjs' : 'src/runner/main.ts'),
    watch: join(root, isBundle ? 'dist/watch.mjs' : 'src/watch/main.ts'),
    isBundle,
  }
}
