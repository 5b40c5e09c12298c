// What `sekisho hook` starts. A bundle in a checkout whose sources are no longer its own lets the sources answer (INVARIANT B1); an
// installation has no sources, and its bundle is all there is.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isCurrent } from '../sys/built.ts'
import { runHere } from './main.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = join(root, 'src/hook/main.ts')

if (import.meta.url.endsWith('.mjs') && existsSync(sources) && !isCurrent(root)) {
  const main = (await import(pathToFileURL(sources).href)) as { readonly runHere: typeof runHere }
  main.runHere()
} else runHere()
