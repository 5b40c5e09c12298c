// Refusals and failures of the isolation of a host, in both languages.
import type { ErrorWords } from './words.ts'

export const ISOLATION_ERRORS = {
  'isolation.address_wrong': {
    ja: {
      what: 'アドレスとして読めません: {given}',
      next: ['sudo sekisho incident isolate ID --from 192.0.2.10'],
    },
    en: { what: 'This is no address: {given}', next: ['sudo sekisho incident isolate ID --from 192.0.2.10'] },
  },
  'isolation.failed': {
    ja: {
      what: '遮断の規則を読み込めません',
      why: '{why}',
      next: ['sekisho doctor', 'sudo nft list ruleset'],
    },
    en: {
      what: 'The rules of the isolation cannot be loaded',
      why: '{why}',
      next: ['sekisho doctor', 'sudo nft list ruleset'],
    },
  },
  'isolation.keep_by_login': {
    ja: (d) => ({
      what: 'この遮断は、ここからの keep では維持できません',
      why:
        d('terminal') === ''
          ? `${d('address')} からの新しい SSH ログインで維持します`
          : `維持できるのは端末 ${d('terminal')} からだけです`,
    }),
    en: (d) => ({
      what: 'This isolation is not kept from here',
      why:
        d('terminal') === ''
          ? `a new SSH login from ${d('address')} keeps it`
          : `only the terminal ${d('terminal')} keeps it`,
    }),
  },
  'isolation.no_nftables': {
    ja: (d) => ({
      what: 'このホストは遮断できません。nftables を使えません',
      why: 'nft がないか、カーネルが応じません',
      next: ['apt-get install nftables', ...stops(d('units'))],
    }),
    en: (d) => ({
      what: 'This host cannot be isolated: nftables is not to be had',
      why: 'nft is missing, or the kernel does not answer it',
      next: ['apt-get install nftables', ...stops(d('units'))],
    }),
  },
  'isolation.nobody_admitted': {
    ja: {
      what: 'だれを通すか分かりません。何もしていません',
      why: 'SSH の接続元も端末も分からないので、遮断すると、だれも戻せなくなります',
      next: [
        'sudo --preserve-env=SSH_CONNECTION sekisho incident isolate ID',
        'sudo sekisho incident isolate ID --from ADDRESS',
      ],
    },
    en: {
      what: 'Nobody could be admitted; nothing was done',
      why: 'neither an SSH connection nor a terminal is known, so nobody could keep it or come in',
      next: [
        'sudo --preserve-env=SSH_CONNECTION sekisho incident isolate ID',
        'sudo sekisho incident isolate ID --from ADDRESS',
      ],
    },
  },
  'isolation.none': {
    ja: {
      what: '{incident} の遮断はありません',
      next: ['sudo --preserve-env=SSH_CONNECTION sekisho incident isolate {incident}'],
    },
    en: {
      what: 'There is no isolation of {incident}',
      next: ['sudo --preserve-env=SSH_CONNECTION sekisho incident isolate {incident}'],
    },
  },
  'isolation.not_signed': {
    ja: (d) => ({
      what: `${d('host')} を遮断してよいという、有効な署名がありません`,
      why: d('why') === 'none' ? '所有者が前もって一度署名しておくものです' : '署名は別のもののためでした',
      next: [`sekisho standing sign ${d('service')} isolate`],
    }),
    en: (d) => ({
      what: `No signature in force allows the isolation of ${d('host')}`,
      why:
        d('why') === 'none'
          ? 'an owner signs for it once, beforehand'
          : 'what was signed is for something else',
      next: [`sekisho standing sign ${d('service')} isolate`],
    }),
  },
  'isolation.other_address': {
    ja: {
      what: 'このホストはすでに遮断され、入れるのは {address} からだけです',
      why: '{given} からは入れません。維持される前なら 60 秒で元に戻ります。維持された後は、承認された変更だけが終わらせます',
      next: ['sudo sekisho incident isolation', 'sekisho incident reconnect {incident}'],
    },
    en: {
      what: 'This host is cut off already, and admits {address} alone',
      why: '{given} is not admitted; not kept yet, it is undone after 60 s; kept, only an approved change ends it',
      next: ['sudo sekisho incident isolation', 'sekisho incident reconnect {incident}'],
    },
  },
  'isolation.rules_moved': {
    ja: {
      what: '表示した規則と、いま読み込む規則が違います。何もしていません',
      why: '通知先の名前のアドレスか、SSH のポートが、その間に変わりました',
      next: ['sudo --preserve-env=SSH_CONNECTION sekisho incident isolate {incident}'],
    },
    en: {
      what: 'The rules are others than those that were shown; nothing was done',
      why: 'an address of a notice, or a port of SSH, has changed meanwhile',
      next: ['sudo --preserve-env=SSH_CONNECTION sekisho incident isolate {incident}'],
    },
  },
  'isolation.other_incident': {
    ja: {
      what: 'このホストはすでに {incident} のために遮断されています',
      next: ['sudo sekisho incident isolation'],
    },
    en: { what: 'This host is isolated already, for {incident}', next: ['sudo sekisho incident isolation'] },
  },
  'isolation.other_service': {
    ja: {
      what: '{own} の変更では、この遮断を終わらせられません',
      why: '{service} のために遮断されています。終わらせるのは、そのサービスの承認者です',
      next: ['sudo sekisho incident isolation'],
    },
    en: {
      what: 'A change of {own} cannot end this isolation',
      why: 'the host was isolated for {service}: approvers of that service end it',
      next: ['sudo sekisho incident isolation'],
    },
  },
  'isolation.unreadable': {
    ja: {
      what: '遮断の記録を読めません: {path}',
      why: '{why}',
      next: ['sudo nft list table inet sekisho_isolation', 'sekisho doctor'],
    },
    en: {
      what: 'The record of the isolation cannot be read: {path}',
      why: '{why}',
      next: ['sudo nft list table inet sekisho_isolation', 'sekisho doctor'],
    },
  },
  'isolation.window_wrong': {
    ja: {
      what: '時間の範囲が空です: {since} から {until}',
      next: ['sudo sekisho incident capture ID --since 24h'],
    },
    en: {
      what: 'The window is empty: {since} to {until}',
      next: ['sudo sekisho incident capture ID --since 24h'],
    },
  },
} as const satisfies ErrorWords

/** What can be stopped where nothing can be cut off. */
function stops(units: string): readonly string[] {
  if (units === '' || units === '…') return []
  return units
    .split(', ')
    .slice(0, 10)
    .map((unit) => `systemctl stop ${unit}`)
}
