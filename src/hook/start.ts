// What `sekisho hook` starts. A bundle in a checkout whose sources are no longer its own lets the sources answer (INVARIANT B1); an
// installation has no sources, and its bundle is all there is.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isCurrent } from '../sys/built.ts'
import { runHere } from './main.ts'

const [, program = ''] = process.argv
const root = join(dirname(program), '..')
const sources = join(root, 'src/hook/main.ts')

if (program.endsWith('.cjs') && existsSync(sources) && !isCurrent(root)) {
  import(pathToFileURL(sources).href).then(
    (main: { readonly runHere: typeof runHere }) => main.runHere(),
    () => {
      // Half of somebody's edit: nothing is let through unread.
      process.exitCode = 2
    },
  )
} else runHere()
