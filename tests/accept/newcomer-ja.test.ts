// The newcomer's ten tasks in Japanese.
import { newcomer } from './newcomer.ts'

newcomer('ja')
