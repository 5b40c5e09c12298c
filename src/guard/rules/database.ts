// Databases of every kind.
import type { Rules } from './rule.ts'

export const DATABASE_RULES: Rules = {
  'db.delete': { rule: 'db.delete', verdict: 'deny' },
  'db.truncate': { rule: 'db.destroy', verdict: 'deny' },
  'db.drop': { rule: 'db.destroy', verdict: 'deny' },
  'db.update': { rule: 'db.change', verdict: 'ask' },
  'db.alter': { rule: 'db.change', verdict: 'ask' },
  'db.grant': { rule: 'db.grant', verdict: 'ask' },
  'db.admin': { rule: 'db.admin', verdict: 'ask' },
  'db.unclear': { rule: 'db.unclear', verdict: 'ask', kind: 'unclear' },
}
