// Refusals and failures of incidents and their evidence, in both languages.
import { INCIDENT_STATE_WORDS } from './incident.ts'
import type { ErrorWords } from './words.ts'

export const INCIDENT_ERRORS = {
  'evidence.changed': {
    ja: {
      what: '証拠が変わっています: {incident} の {item}',
      why: '今のバイト列は、記録されたダイジェストと一致しません',
      next: ['sekisho incident verify {incident}'],
    },
    en: {
      what: 'Evidence has changed: {item} of {incident}',
      why: 'its bytes do not have the digest that was recorded',
      next: ['sekisho incident verify {incident}'],
    },
  },
  'evidence.dropped': {
    ja: {
      what: '証拠の実体がありません: {incident} の {item}',
      why: '保全の指定が外れたあとに消されたか、ファイルが取り除かれました',
      next: ['sekisho incident verify {incident}'],
    },
    en: {
      what: 'The bytes of this evidence are gone: {item} of {incident}',
      why: 'it was dropped after its hold had ended, or its file was taken away',
      next: ['sekisho incident verify {incident}'],
    },
  },
  'evidence.quota': {
    ja: {
      what: '証拠を保存できません: {incident} の {item}',
      why: '証拠の上限に達していて、保全の指定がない古い証拠もありません',
      next: ['sudo sekisho evidence release INCIDENT'],
    },
    en: {
      what: 'This evidence cannot be kept: {item} of {incident}',
      why: 'the quota of evidence is used up, and all that is there is held',
      next: ['sudo sekisho evidence release INCIDENT'],
    },
  },
  'evidence.unknown': {
    ja: {
      what: 'その証拠はありません: {incident} {item}',
      why: 'この障害のために保全されたものに、その番号はありません',
      next: ['sekisho incident show {incident}'],
    },
    en: {
      what: 'There is no such evidence: {incident} {item}',
      why: 'nothing that was sealed for this incident has that number',
      next: ['sekisho incident show {incident}'],
    },
  },
  'incident.unknown': {
    ja: { what: 'その障害はありません: {incident}', next: ['sekisho incident list --all'] },
    en: { what: 'There is no such incident: {incident}', next: ['sekisho incident list --all'] },
  },
  'incident.no_person': {
    ja: {
      what: '登録されていない人です: {person}',
      why: '役割は、登録された人に渡します',
      next: ['sekisho person list'],
    },
    en: {
      what: 'Nobody of that name is enrolled: {person}',
      why: 'a role is given to an enrolled person',
      next: ['sekisho person list'],
    },
  },
  'incident.wrong_state': {
    ja: (d) => ({
      what: `いまはできません: ${d('incident')}`,
      why: `障害の状態は「${INCIDENT_STATE_WORDS.ja[d('state')] ?? d('state')}」です`,
      next: [`sekisho incident next ${d('incident')}`],
    }),
    en: (d) => ({
      what: `Not possible now: ${d('incident')}`,
      why: `the incident is ${INCIDENT_STATE_WORDS.en[d('state')] ?? d('state')}`,
      next: [`sekisho incident next ${d('incident')}`],
    }),
  },
  'incident.recovery_earlier': {
    ja: {
      what: '{change} は、この障害より前に作られた変更です',
      why: '障害の前に作られた変更は、復旧の変更になりません',
      next: ['sekisho incident show {incident}'],
    },
    en: {
      what: '{change} was made before this incident',
      why: 'a change that was made before it recovers nothing',
      next: ['sekisho incident show {incident}'],
    },
  },
  'incident.recovery_unapproved': {
    ja: {
      what: '復旧に進めません: {incident}',
      why: 'レベル {level} の復旧は、承認された復旧の変更で始まります。指定された変更は承認されていません',
      next: ['sekisho change list', 'sekisho incident recover {incident} CHANGE'],
    },
    en: {
      what: 'The recovery of {incident} cannot begin',
      why: 'at level {level} it begins with an approved recovery change, and the change that was named is not approved',
      next: ['sekisho change list', 'sekisho incident recover {incident} CHANGE'],
    },
  },
  'incident.cut_off': {
    ja: {
      what: 'ホストはまだ隔離されています',
      why: '隔離を終えるまで、障害は閉じられません',
      next: ['sekisho incident reconnect {incident}'],
    },
    en: {
      what: 'The host is still cut off',
      why: 'an incident is not closed before the isolation has ended',
      next: ['sekisho incident reconnect {incident}'],
    },
  },
  'incident.evidence_open': {
    ja: {
      what: '証拠がまだ保全されていません: {incident}',
      why: 'レベル3では、証拠を保全してから封じ込めに進みます。待たない場合は、指揮する人がその理由を記録します',
      next: ['sekisho incident skip {incident} --reason "…"'],
    },
    en: {
      what: 'The evidence of {incident} is not sealed yet',
      why: 'at level 3 it is sealed before anything is contained; the commander can record that it is not waited for',
      next: ['sekisho incident skip {incident} --reason "…"'],
    },
  },
  'incident.not_green': {
    ja: (d) => ({
      what:
        d('verdict') === 'red'
          ? `${d('service')} はいま健全ではありません`
          : `${d('service')} の健全性を測れません`,
      why:
        d('verdict') === 'red'
          ? '健全でないサービスの障害は解決にできません'
          : '測れないまま解決にするには、理由が要ります',
      next:
        d('verdict') === 'red'
          ? [`sekisho incident show ${d('incident')}`]
          : [`sekisho incident close ${d('incident')} --cause "…" --without-soak "…"`],
    }),
    en: (d) => ({
      what:
        d('verdict') === 'red'
          ? `${d('service')} is not healthy now`
          : `The health of ${d('service')} cannot be measured`,
      why:
        d('verdict') === 'red'
          ? 'an incident of a service that is not healthy is not resolved'
          : 'resolving it without a measurement needs a reason',
      next:
        d('verdict') === 'red'
          ? [`sekisho incident show ${d('incident')}`]
          : [`sekisho incident close ${d('incident')} --cause "…" --without-soak "…"`],
    }),
  },
  'incident.other_service': {
    ja: {
      what: '別のサービスの変更です: {change}（{service}）',
      next: ['sekisho incident show {incident}'],
    },
    en: {
      what: '{change} is a change of another service: {service}',
      next: ['sekisho incident show {incident}'],
    },
  },
  'incident.soak': {
    ja: {
      what: 'まだ閉じられません: {incident}',
      why: '復旧してから 10 分間、健全なまま続くのを待ちます（{until} まで）',
      next: ['sekisho incident close {incident} --cause "…" --without-soak "…"'],
    },
    en: {
      what: '{incident} cannot be closed yet',
      why: 'health has to stay green for 10 minutes after the recovery (until {until})',
      next: ['sekisho incident close {incident} --cause "…" --without-soak "…"'],
    },
  },
} as const satisfies ErrorWords
