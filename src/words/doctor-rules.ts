// What `sekisho doctor` says of the rules, of keys and of standing statements, beside doctor.ts.
import { standingWhy } from './standing-why.ts'
import type { Both, Reader, Sentence } from './words.ts'

/** Of variables and commands the owner names them again, which the list shows. */
const signAgain = (service: string, verb: string) =>
  verb === 'keys' || verb === 'command' ? 'sekisho standing list' : `sekisho standing sign ${service} ${verb}`

export const RULES_DOCTOR_WORDS: Readonly<Record<string, Both<(d: Reader) => Sentence>>> = {
  'doctor.no_rules': {
    ja: (d) => ({ what: `規則がまだありません（${d('path')}）`, next: ['sekisho init'] }),
    en: (d) => ({ what: `there are no rules yet (${d('path')})`, next: ['sekisho init'] }),
  },
  'doctor.rules_never_applied': {
    ja: (d) => ({
      what: `規則は書かれていますが、まだ一度も適用されていません（${d('path')}）`,
      next: ['sekisho key add PERSON FILE.pub', 'sekisho config apply'],
    }),
    en: (d) => ({
      what: `the rules are written and were never applied (${d('path')})`,
      next: ['sekisho key add PERSON FILE.pub', 'sekisho config apply'],
    }),
  },
  'doctor.rules_pending': {
    ja: (d) => ({
      what: `${d('path')} は、いま効いている規則と違います`,
      why: '書き換えたあと、まだ適用していません',
      next: ['sekisho config diff', 'sekisho config apply'],
    }),
    en: (d) => ({
      what: `${d('path')} is not what is in force`,
      why: 'it was edited and not applied since',
      next: ['sekisho config diff', 'sekisho config apply'],
    }),
  },
  'doctor.rules_missing': {
    ja: (d) => ({
      what: `${d('path')} がありません`,
      why: '効いているのは前に適用した規則です。人も鍵も、このファイルでしか変えられません。控えから戻してください',
    }),
    en: (d) => ({
      what: `${d('path')} is gone`,
      why: 'what was applied before is in force; people and keys can only be changed in that file: bring it back from a copy',
    }),
  },
  'doctor.rules_broken': {
    ja: (d) => ({
      what: `${d('path')} は直さないと適用できません（${d('count')} 件）`,
      why: '効いているのは前の規則です。取り消した鍵や外した人がいれば、まだ効いています',
      next: ['sekisho config diff'],
    }),
    en: (d) => ({
      what: `${d('path')} cannot be applied until it is mended (${d('count')})`,
      why: 'what is in force is older: a key revoked or a person taken out in it still counts',
      next: ['sekisho config diff'],
    }),
  },
  'doctor.policy': {
    ja: (d) => ({ what: `人 ${d('people')}、AI ${d('agents')}、サービス ${d('services')}` }),
    en: (d) => ({ what: `people ${d('people')}, agents ${d('agents')}, services ${d('services')}` }),
  },
  'doctor.policy_differs': {
    ja: () => ({ what: 'runner と関所が別の版の規則を読んでいます', next: ['sekisho config apply'] }),
    en: () => ({
      what: 'runner and gate read different versions of the rules',
      next: ['sekisho config apply'],
    }),
  },
  'doctor.keys': {
    ja: (d) => ({ what: `${d('people')} 人の鍵が登録されています` }),
    en: (d) => ({ what: `people with an enrolled key: ${d('people')}` }),
  },
  'doctor.demo_key': {
    ja: (d) => ({
      what: `デモ用の鍵が承認に使えます: ${d('people')}`,
      why: 'その鍵の承認には DEMO の印がつきます',
      next: ['sekisho key revoke FINGERPRINT'],
    }),
    en: (d) => ({
      what: `demonstration keys may approve: ${d('people')}`,
      why: 'what they sign is stamped DEMO',
      next: ['sekisho key revoke FINGERPRINT'],
    }),
  },
  'doctor.no_key': {
    ja: (d) => ({
      what: `鍵のない人がいます: ${d('people')}`,
      next: ['sekisho key add PERSON ~/.ssh/id_ed25519.pub'],
    }),
    en: (d) => ({
      what: `people without a key: ${d('people')}`,
      next: ['sekisho key add PERSON ~/.ssh/id_ed25519.pub'],
    }),
  },
  'doctor.standing_demoted': {
    ja: (d) => ({
      what: `${d('service')} の ${d('verb')} の事前承認は、手順がうまくいかなかったため止まっています`,
      why: standingWhy(d('why'), 'ja'),
      next: [signAgain(d('service'), d('verb'))],
    }),
    en: (d) => ({
      what: `the standing ${d('verb')} of ${d('service')} is demoted: its procedure misbehaved`,
      why: standingWhy(d('why'), 'en'),
      next: [signAgain(d('service'), d('verb'))],
    }),
  },
  'doctor.standing_outdated': {
    ja: (d) => ({
      what: `${d('service')} の ${d('verb')} の事前承認は終わりました。この版では手順が変わったためです`,
      next: [signAgain(d('service'), d('verb'))],
    }),
    en: (d) => ({
      what: `the standing approval of ${d('verb')} for ${d('service')} has ended: its procedure changed in this release`,
      next: [signAgain(d('service'), d('verb'))],
    }),
  },
}
