// Words of `sekisho person|key|agent …`, `login` and `logout`.
import { localTime } from './local-time.ts'
import type { Both } from './words.ts'

export const PEOPLE_WORDS = {
  written: (path: string): Both<string> => ({ ja: `${path} に書きました。`, en: `Written to ${path}. ` }),
  notWritten: { ja: 'sekisho.yaml（書いていません）', en: 'sekisho.yaml (not written)' },
  /** The first second approver came, and the rules let one person alone approve after a pause. */
  secondApprover: (services: string, minutes: number): Both<string> => ({
    ja: `\nこれから、${services} の自分の変更には、もう一人の承認が要ります。${minutes} 分たっても却下されていなければ、一人でも承認できます（policy.alone、単独承認と記録されます）。`,
    en: `\nFrom now on your own changes of ${services} need the other person. After ${minutes} min without a rejection one person alone may approve too (policy.alone; the record says so).`,
  }),
  /** The same, and the rules do not let one person alone approve. What to add follows. */
  secondApproverAlways: (services: string): Both<string> => ({
    ja: `\nこれから、${services} の自分の変更には、もう一人の承認が要ります。相手がいない夜に一人でも承認できるようにするには、sekisho.yaml に次を足して適用します:`,
    en: `\nFrom now on your own changes of ${services} need the other person. To let one person alone approve after a pause, at night when nobody else is there, add this to sekisho.yaml and apply it:`,
  }),
  nextAs: (id: string): Both<string> => ({ ja: `次に ${id} として`, en: `next, as ${id}` }),
  nextAsSponsor: { ja: '次に責任者として', en: 'next, as its sponsor' },
  /** Other people approve what the agent writes. A command follows. */
  agentNeedsKey: {
    ja: '書いたものに署名する鍵も要ります（ほかの人が承認するため）。AI の利用者で ssh-keygen、そのあと',
    en: 'it needs a key to sign what it writes, for other people approve here: ssh-keygen as the agent’s user, then',
  },
  keyPathForAgent: {
    ja: 'AI には、秘密鍵の場所を SEKISHO_KEY として渡してください。',
    en: 'Give the agent the path of the private key as SEKISHO_KEY.',
  },
  revoked: { ja: '  失効', en: '  revoked' },
  agentOf: (sponsor: string): Both<string> => ({ ja: `AI、担当 ${sponsor}`, en: `agent of ${sponsor}` }),
  paused: { ja: '  停止中', en: '  paused' },
  tokenOnce: (expires: string, zone: string): Both<string> => ({
    ja: `一度だけ表示します。AI の環境に SEKISHO_TOKEN として渡してください。\n期限 ${localTime(expires, zone, 'ja')}`,
    en: `Shown once. Give it to the agent as SEKISHO_TOKEN.\nValid until ${localTime(expires, zone, 'en')}`,
  }),
  agentResumed: (who: string): Both<string> => ({
    ja: `${who} のエージェントを再開しました。断られた操作の数え直しが始まります。`,
    en: `The agent of ${who} goes on. Refusals are counted anew.`,
  }),
  loggedIn: (actor: string): Both<string> => ({
    ja: `${actor} としてログインしました（承認には毎回署名が要ります）`,
    en: `Logged in as ${actor} (approving takes a signature each time)`,
  }),
  loggedOut: { ja: 'ログインを取り消しました。', en: 'Logged out.' },
} as const
