// Refusals of the guard's doors.
import type { ErrorWords } from './words.ts'

export const GUARD_ERRORS = {
  'guard.config': {
    ja: (d) => ({ what: 'この設定では答えられません', why: d('report') }),
    en: (d) => ({ what: 'No answer can be given under this configuration', why: d('report') }),
  },
  'guard.input': {
    ja: () => ({
      what: '道具への入力を読めません',
      why: '`{` で始まるものは JSON として読みます',
      next: ['sekisho guard check --tool Edit -- PATH'],
    }),
    en: () => ({
      what: 'The tool’s input cannot be read',
      why: 'what begins with `{` is read as JSON',
      next: ['sekisho guard check --tool Edit -- PATH'],
    }),
  },
  'guard.policy_unreadable': {
    ja: (d) => ({
      what: `番人の規則を読めません: ${d('path')}`,
      why: '規則が読めない間は、番人は何も通しません',
      next: ['sekisho config apply'],
    }),
    en: (d) => ({
      what: `The guard’s rules cannot be read: ${d('path')}`,
      why: 'while they cannot be read the guard lets nothing through',
      next: ['sekisho config apply'],
    }),
  },
} satisfies ErrorWords
