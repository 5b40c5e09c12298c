// Chooses what is started: the bundle, or in a checkout whose sources are newer than the bundle, the sources (INVARIANT B1). An installation
// has a bundle only.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isCurrent } from '../sys/built.ts'
import type { runHere } from './main.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = join(root, 'src/cli/main.ts')

if (existsSync(sources) && !isCurrent(root)) {
  const main = (await import(pathToFileURL(sources).href)) as { readonly runHere: typeof runHere }
  await main.runHere()
} else {
  const main = await import('./main.ts')
  await main.runHere()
}
