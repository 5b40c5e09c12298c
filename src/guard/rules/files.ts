// What is mounted where.
import type { Rules } from './rule.ts'

export const FILE_RULES: Rules = {
  'path.mount': { rule: 'fs.mount', verdict: 'ask' },
}
