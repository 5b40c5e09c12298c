import { describeKillsOfCode } from './kills-of-code.ts'
import { notesDeployed } from './notes-deployed.ts'

describeKillsOfCode('a change of code (in-place)', () => notesDeployed('in-place'), { takesBack: true })
