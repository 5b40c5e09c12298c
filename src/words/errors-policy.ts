// Sentences of who may do what, and of sekisho.yaml as a whole. What is wrong inside that file has its own (policy.ts).
import { shellWord } from '../base/shell-word.ts'
import { operationWord } from './state.ts'
import type { Both, ErrorWords, Language, Reader } from './words.ts'

/** Why an edit was not made; the ellipsis stands for the other name. */
const NOT_EDITED: Both<Readonly<Record<string, string>>> = {
  ja: {
    not_yaml: 'ファイルを YAML として読めません。sekisho config apply で場所が分かります',
    name: '名前は英小文字、数字、点、ハイフン、下線で、英小文字か数字で始めます',
    exists: '同じ名前がすでにあります。役割とサービスはファイルの中で変えます',
    no_person: 'その名前の人はいません',
    no_agent: 'その名前の AI はいません',
    no_key: 'その指紋の鍵はありません（SHA256: で始まります）',
    key_taken: 'この鍵はすでに … のものです',
    key_unreadable: '公開鍵として使えません（…）。.pub で終わるファイルを指定してください',
    sponsor_needed: '誰のために働くかを --sponsor に書いてください（人の名前）',
    is_sponsor: '… の責任者です。先に AI のほうを変えてください',
    service_exists: 'そのユニットのサービスはすでに書かれています',
    not_on_host: 'このホストにその名前のサービスは見つかりません。見つけたもの: …',
    not_valid: '足すとファイルが規則として読めなくなるので、書きませんでした',
  },
  en: {
    not_yaml: 'the file is not YAML; sekisho config apply shows where',
    name: 'names are a–z, 0–9, dot, dash and underscore, beginning with a letter or digit',
    exists: 'the name is there already; roles and services are changed in the file',
    no_person: 'there is no person of this name',
    no_agent: 'there is no agent of this name',
    no_key: 'there is no key with this fingerprint (it begins with SHA256:)',
    key_taken: 'this key belongs to … already',
    key_unreadable: 'this is no public key that counts (…); name the file that ends in .pub',
    sponsor_needed: 'say with --sponsor for whom it works (the name of a person)',
    is_sponsor: 'they are the sponsor of …; change the agent first',
    service_exists: 'a service with this unit stands in the file already',
    not_on_host: 'no service of this name was found on this host. Found: …',
    not_valid: 'with the added lines the file would not be valid, so nothing was written',
  },
}

const KEY_WORDS: Both<Readonly<Record<string, string>>> = {
  ja: {
    key_line: '公開鍵の一行ではありません',
    key_malformed: '壊れているか、使えない種類です',
    rsa_too_short: 'RSA は 3,072 ビット以上が要ります',
    rsa_exponent: 'RSA の指数が弱い値です',
    too_large: '長すぎます',
  },
  en: {
    key_line: 'not one line of a public key',
    key_malformed: 'damaged, or of a kind that cannot sign here',
    rsa_too_short: 'RSA takes 3,072 bits or more',
    rsa_exponent: 'its RSA exponent is weak',
    too_large: 'too long',
  },
}

/** Why a key does not count, in words; a name stays a name. */
const keyWord = (why: string, language: Language) =>
  Object.hasOwn(KEY_WORDS[language], why) ? (KEY_WORDS[language][why] ?? why) : why

/** What can be typed then. */
function afterNotEdited(d: Reader<'path' | 'why'>): readonly string[] {
  const inFile = d('path') === '…' ? [] : [`editor ${shellWord(d('path'))}`, 'sekisho config apply']
  switch (d('why')) {
    case 'exists':
    case 'is_sponsor':
      return ['sekisho person list', ...inFile]
    case 'no_person':
      return ['sekisho person list', 'sekisho person add NAME --role ROLE --key FILE.pub']
    case 'no_agent':
      return ['sekisho person list', 'sekisho agent add NAME --sponsor PERSON']
    case 'key_unreadable':
      return ['ls ~/.ssh/*.pub', 'ssh-keygen -t ed25519']
    case 'not_yaml':
      return ['sekisho config apply']
    case 'name':
      return []
    case 'service_exists':
      return inFile
    case 'not_on_host':
    case 'not_valid':
      return ['sekisho init --out FILE']
    default:
      return ['sekisho person list']
  }
}

export const POLICY_ERRORS = {
  'actor.unknown': {
    ja: {
      what: '今の規則にいない名前です: {actor}',
      why: '人か AI が sekisho.yaml から外されたか、責任者が変わりました',
      next: ['sekisho login'],
    },
    en: {
      what: 'Nobody of this name is in the rules now: {actor}',
      why: 'the person or agent was taken out of sekisho.yaml, or has another sponsor',
      next: ['sekisho login'],
    },
  },
  'agent.never_administers': {
    ja: {
      what: 'AI にはできません: {operation}（{agent}）',
      why: '規則 agent.never_administers。規則、人、鍵、秘密、止まった実行は人が扱います',
      next: ['{sponsor} に頼む'],
    },
    en: {
      what: 'An AI agent never does this: {operation} ({agent})',
      why: 'rule agent.never_administers: rules, people, keys, secrets and runs that halted are for people',
      next: ['ask {sponsor}'],
    },
  },
  'agent.paused': {
    ja: {
      what: 'この AI は止められています: {agent}',
      why: '止めたのは人です。見ることはできます',
      next: ['{sponsor} に頼む'],
    },
    en: {
      what: 'This agent is paused: {agent}',
      why: 'a person paused it; it may still look',
      next: ['ask {sponsor}'],
    },
  },
  'approval.own_waiver': {
    ja: {
      what: '自分の変更の検査は免除できません: {approver}',
      why: 'この変更の作成者は {author} です。作成者とその指示をした人は免除できません',
      next: ['sekisho person list'],
    },
    en: {
      what: 'Nobody waives a check of their own change: {approver}',
      why: 'its author is {author}; neither the author nor whoever the author works for can waive it',
      next: ['sekisho person list'],
    },
  },
  'config.exists': {
    ja: {
      what: 'すでにあります: {path}',
      why: '上書きはしません',
      next: ['別の場所に作って見比べる: sekisho init --out {beside}'],
    },
    en: {
      what: 'It is there already: {path}',
      why: 'nothing is overwritten',
      next: ['write another and compare: sekisho init --out {beside}'],
    },
  },
  'config.invalid': {
    ja: {
      what: 'sekisho.yaml に直すところが {count} 件あります: {path}',
      why: '{first}',
      next: ['sekisho config apply'],
    },
    en: {
      what: 'sekisho.yaml has {count} problems: {path}',
      why: '{first}',
      next: ['sekisho config apply'],
    },
  },
  'config.missing': {
    ja: { what: '規則のファイルがありません: {path}', next: ['sekisho init'] },
    en: { what: 'There is no file of rules: {path}', next: ['sekisho init'] },
  },
  'config.not_edited': {
    ja: (d) => ({
      what: `sekisho.yaml を書き換えていません: ${d('name')}`,
      why: (NOT_EDITED.ja[d('why')] ?? d('why')).replace('…', keyWord(d('other'), 'ja')),
      next: afterNotEdited(d),
    }),
    en: (d) => ({
      what: `sekisho.yaml was not edited: ${d('name')}`,
      why: (NOT_EDITED.en[d('why')] ?? d('why')).replace('…', keyWord(d('other'), 'en')),
      next: afterNotEdited(d),
    }),
  },
  'may.not_yours': {
    ja: (d) => ({
      what: `ほかの人や AI のものです: ${operationWord(d('operation'), 'ja')}（${d('actor')}）`,
      why: 'AI は自分が作ったものだけを扱えます',
      next: [d('operation') === 'restore.cancel' ? '終わるのを待つか、始めた人に頼む' : 'sekisho do …'],
    }),
    en: (d) => ({
      what: `This belongs to somebody else: ${operationWord(d('operation'), 'en')} (${d('actor')})`,
      why: 'an agent works on what it made itself',
      next: [d('operation') === 'restore.cancel' ? 'wait for it, or ask who has begun it' : 'sekisho do …'],
    }),
  },
  'may.role_missing': {
    ja: (d) => ({
      what: `役割が足りません: ${operationWord(d('operation'), 'ja')}（${d('actor')}）`,
      why: `できる役割: ${d('roles')}。持っている役割: ${d('has')}`,
      next: ['sekisho person list'],
    }),
    en: (d) => ({
      what: `No role for this: ${operationWord(d('operation'), 'en')} (${d('actor')})`,
      why: `roles that may: ${d('roles')}; held: ${d('has')}`,
      next: ['sekisho person list'],
    }),
  },
  'timer.never': {
    ja: { what: '時計の仕事ではありません: {operation}（{timer}）' },
    en: { what: 'Not for a timer: {operation} ({timer})' },
  },
  'token.other_person': {
    ja: {
      what: 'ほかの人のトークンは作れません: {of}',
      why: '人のトークンは、その人が自分の鍵で署名して受け取ります',
      next: ['sekisho login'],
    },
    en: {
      what: 'Nobody is given the token of another person: {of}',
      why: 'a person gets it by signing with their own key',
      next: ['sekisho login'],
    },
  },
} as const satisfies ErrorWords
