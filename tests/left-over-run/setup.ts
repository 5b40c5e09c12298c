// Around a run of tests that start nothing else: what they leave is taken away.
import { noteDirectories } from '../left-over.ts'

export function setup(): () => Promise<void> {
  return noteDirectories()
}
