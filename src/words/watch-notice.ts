// What sekisho-watch tells by itself, while the gate cannot.
import type { Both } from './words.ts'

export const GATE_SILENT: Both<
  (minutes: number) => { readonly title: string; readonly lines: readonly string[] }
> = {
  ja: (minutes) => ({
    title: '関所が答えません',
    lines: [
      `関所（gate）が ${minutes} 分以上答えていません。承認、確認の記録、通知の受け付けが止まっています。`,
      '進行中の変更は runner が最後まで行います。',
      '次に: systemctl status sekisho-gate',
    ],
  }),
  en: (minutes) => ({
    title: 'The gate does not answer',
    lines: [
      `The gate has not answered for ${minutes} minutes: no approvals, no checks on the record, no new notices.`,
      'A change under way is finished by the runner.',
      'Next: systemctl status sekisho-gate',
    ],
  }),
}
