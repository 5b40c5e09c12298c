// The page for the night in Japanese.
import { nightWalk } from './night-walk.ts'

nightWalk('ja')
