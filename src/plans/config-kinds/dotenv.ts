// Variables for a service (`.env`). The edit of each is tried on a copy of the live file, where its syntax is judged.
import type { KindRow } from './kind.ts'

export const dotenv: KindRow = {
  name: { ja: '.env', en: '.env' },
  places: [/\/(\.env|[^/]*\.env|\.env\.[A-Za-z0-9_-]+)$/],
  activation: 'restart',
  byKey: true,
  validator: { by: 'none' },
  // A service reads its environment when it starts, and only then.
  shown: { by: 'probe', afterRestart: true },
  impact: 'unit',
}
