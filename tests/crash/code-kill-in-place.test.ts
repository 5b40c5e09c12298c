import { describeKillsOfCode } from './kills-of-code.ts'

describeKillsOfCode('in-place')
