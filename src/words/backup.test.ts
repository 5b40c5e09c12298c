import { expect, test } from 'vitest'
import { BACKUP_WORDS } from './backup.ts'

const drill = {
  work: 'drill',
  step: 'verifying',
  entries: 0,
  totalEntries: 6,
  bytes: 0,
  totalBytes: 900,
  rate: 0,
}

test('progress says what was counted, and names no total that was passed', () => {
  for (const language of ['ja', 'en'] as const) {
    const said = (more: Partial<typeof drill>) => BACKUP_WORDS[language].moving({ ...drill, ...more })
    expect(said({ entries: 5, bytes: 600 })).toContain('5 / 6  600 B / 900 B')
    expect(said({ entries: 6, bytes: 900 })).toContain('6 / 6  900 B / 900 B')
    // Live data has grown since it was estimated.
    expect(said({ entries: 11, bytes: 950 })).toMatch(/ 11 {2}950 B$/)
  }
})
