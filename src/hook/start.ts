// What `sekisho hook` starts. A bundle in a checkout whose sources are no longer its own lets the sources answer (INVARIANT B1); an
// installation has no sources, and its bundle is all there is.
import { existsSync } from 'node:fs'
import { isCurrent } from '../sys/built.ts'
import { runHere } from './main.ts'

const [, program = ''] = process.argv
// By hand: what node would load for it takes longer than the whole answer.
const root = program.split('/').slice(0, -2).join('/')
const sources = `${root}/src/hook/main.ts`

if (program.endsWith('.cjs') && existsSync(sources) && !isCurrent(root)) {
  import(`file://${sources.split('/').map(encodeURIComponent).join('/')}`).then(
    (main: { readonly runHere: typeof runHere }) => main.runHere(),
    () => {
      // Half of somebody's edit: nothing is let through unread.
      process.exitCode = 2
    },
  )
} else runHere()
