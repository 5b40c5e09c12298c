// The page for the night in English.
import { nightWalk } from './night-walk.ts'

nightWalk('en')
