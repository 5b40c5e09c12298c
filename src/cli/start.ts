// What is started of the bundles. In a checkout whose sources are no longer those of the bundle, the sources run instead (INVARIANT B1);
// an installation has no sources, and its bundle is all there is.
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
