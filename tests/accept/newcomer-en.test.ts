// The newcomer's ten tasks in English.
import { newcomer } from './newcomer.ts'

newcomer('en')
