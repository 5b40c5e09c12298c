// Words of the isolation of a host: what will be admitted, what to know before, how it stands, and what to type next.
import { localTime } from './local-time.ts'
import type { Both, Language, Sentence } from './words.ts'

interface Admitted {
  readonly administrator?: { readonly address: string; readonly ports: readonly number[] }
  readonly notices: readonly { readonly address: string; readonly port: number }[]
}

const LINES = {
  ja: {
    head: '遮断しても通すもの',
    loopback: 'このホストの中の通信（ループバック。関所と記録もここを使います）',
    neighbours: '近隣探索（IPv6）と DHCP',
    ssh: (address: string, ports: string) =>
      `${address} からの SSH（ポート ${ports}）: いまの接続と新しい接続`,
    noSsh: 'SSH は通しません。この端末で維持します',
    notice: (address: string, port: number) => `通知先への接続: ${address} ポート ${port}`,
    rest: 'ほかは、入るもの・出るもの・転送するものを、つながっている接続もふくめてすべて止めます。プロセスは止めません',
  },
  en: {
    head: 'what still passes',
    loopback: 'traffic within this host (loopback: gate and store use it)',
    neighbours: 'neighbour discovery (IPv6) and DHCP',
    ssh: (address: string, ports: string) =>
      `SSH from ${address} (port ${ports}): the present connection and new ones`,
    noSsh: 'no SSH at all: it is kept at this terminal',
    notice: (address: string, port: number) => `connections to a notice address: ${address} port ${port}`,
    rest: 'Everything else that comes in, goes out or is forwarded is dropped, established connections too. Processes go on',
  },
} as const satisfies Record<Language, object>

/** Codes of what to know before; the values of a warning stand in its sentence. */
const WARNINGS: Readonly<Record<string, Both<(values: Readonly<Record<string, string>>) => string>>> = {
  ldap: {
    ja: ({ source }) =>
      `利用者の名前をネットワークから引いています（${source}）。遮断中はログインや sudo が遅れるか、できないことがあります`,
    en: ({ source }) =>
      `names of users come over the network (${source}): logins and sudo may hang or fail while it is isolated`,
  },
  network_disk: {
    ja: ({ paths }) =>
      `ネットワーク上のディスクがあります（${paths}）。遮断中は、そこを読むプロセスが止まったままになります`,
    en: ({ paths }) =>
      `disks on the network (${paths}): processes that read there will hang while it is isolated`,
  },
  firewalld: {
    ja: () =>
      'firewalld が動いています。その規則には触れません。再読み込みされても、こちらの表は別に残ります',
    en: () =>
      'firewalld runs here: its rules are left alone, and a reload of it does not take our table away',
  },
  docker: {
    ja: () =>
      'Docker が動いています。コンテナと外との通信は止まります。同じブリッジの中のコンテナどうしは通じます',
    en: () =>
      'Docker runs here: containers are cut off from outside; those on one bridge still reach each other',
  },
  no_reboot: {
    ja: () => '起動時の unit がないので、再起動すると遮断は残りません（sekisho install host）',
    en: () => 'without the unit of boot the isolation does not survive a reboot (sekisho install host)',
  },
  notice_unknown: {
    ja: ({ host }) => `通知先 ${host} のアドレスが分からないので、そこへは通しません`,
    en: ({ host }) => `the notice address ${host} could not be found: notices to it do not pass`,
  },
  loopback: {
    ja: ({ address }) =>
      `${address} はこのホスト自身です。ここから入り直しても、外から入れることの証拠にはなりません`,
    en: ({ address }) =>
      `${address} is this host itself: a login from there does not show that anybody outside can come in`,
  },
  no_ssh_port: {
    ja: ({ port }) => `sshd の待ち受けが見つからないので、ポート ${port} を通します`,
    en: ({ port }) => `no listening sshd was found: port ${port} is admitted`,
  },
  no_address: {
    ja: () =>
      'SSH の接続元が分かりません。SSH で入っているなら、ここでやめて sudo --preserve-env=SSH_CONNECTION か --from を使ってください',
    en: () =>
      'no SSH connection is known: if you came by SSH, stop here and use sudo --preserve-env=SSH_CONNECTION or --from',
  },
}

/** What to type while it stands: look, and the way back. */
const AFTER: Both<(incident: string) => string> = {
  ja: (incident) =>
    `次に  sudo sekisho incident capture ${incident}\n終える  sekisho incident reconnect ${incident}`,
  en: (incident) =>
    `next   sudo sekisho incident capture ${incident}\nto end it  sekisho incident reconnect ${incident}`,
}

export const ISOLATION_WORDS = {
  admitted: (admission: Admitted, language: Language): readonly string[] => {
    const words = LINES[language]
    const { administrator, notices } = admission
    return [
      words.head,
      `  ${administrator === undefined ? words.noSsh : words.ssh(administrator.address, administrator.ports.join(', '))}`,
      `  ${words.loopback}`,
      `  ${words.neighbours}`,
      ...notices.map(({ address, port }) => `  ${words.notice(address, port)}`),
      words.rest,
    ]
  },
  warning: (code: string, values: Readonly<Record<string, string>>, language: Language): string =>
    WARNINGS[code]?.[language](values) ?? code,
  ask: {
    ja: 'このホストを遮断しますか [y/N] ',
    en: 'Isolate this host? [y/N] ',
  },
  notDone: {
    ja: '何もしていません。端末がないので確かめられません',
    en: 'Nothing was done: there is no terminal to ask at',
  },
  logIn: (seconds: number, address: string): Both<string> => ({
    ja: `遮断しました。${seconds} 秒以内に、${address} から新しく SSH でログインしてください。できなければ元に戻します`,
    en: `Isolated. Log in by SSH anew from ${address} within ${seconds} s, or it is undone`,
  }),
  askKeep: (seconds: number): Both<string> => ({
    ja: `遮断しました。${seconds} 秒以内に答えないと元に戻します。維持しますか [y/N] `,
    en: `Isolated. It is undone unless you answer within ${seconds} s. Keep it? [y/N] `,
  }),
  remains: (seconds: number): Both<string> => ({
    ja: `新しいログインを待っています … あと ${seconds} 秒`,
    en: `waiting for a new login … ${seconds} s left`,
  }),
  kept: (incident: string): Both<string> => ({
    ja: `遮断を維持します。再起動しても続き、承認された変更だけが終わらせます\n${AFTER.ja(incident)}`,
    en: `The isolation is kept: it survives a reboot, and only an approved change ends it\n${AFTER.en(incident)}`,
  }),
  next: (incident: string): Both<string> => ({ ja: AFTER.ja(incident), en: AFTER.en(incident) }),
  undone: (why: string, incident: string): Both<Sentence> => ({
    ja: {
      what: 'このホストの遮断を元に戻しました',
      why: UNDONE.ja[why] ?? why,
      next: [`sudo --preserve-env=SSH_CONNECTION sekisho incident isolate ${incident}`],
    },
    en: {
      what: 'The isolation of this host was undone',
      why: UNDONE.en[why] ?? why,
      next: [`sudo --preserve-env=SSH_CONNECTION sekisho incident isolate ${incident}`],
    },
  }),
  /** One line for `status` and `doctor`. `state`: as IsolationFacts says it. */
  state: (
    facts: {
      readonly state: string
      readonly incident?: string
      readonly since?: string
      readonly admission?: Admitted
      readonly why?: string
      readonly table: string
      readonly restored?: number
    },
    zone: string,
  ): Both<string> => ({ ja: stateLine(facts, zone, 'ja'), en: stateLine(facts, zone, 'en') }),
} as const

const UNDONE: Both<Readonly<Record<string, string>>> = {
  ja: {
    no_login: '時間内に新しいログインがありませんでした',
    reboot: '維持される前に再起動しました',
  },
  en: {
    no_login: 'nobody logged in anew in time',
    reboot: 'the host was rebooted before it was kept',
  },
}

function stateLine(
  { state, incident, since, admission, why, table, restored }: Parameters<typeof ISOLATION_WORDS.state>[0],
  zone: string,
  language: Language,
): string {
  const from = admission?.administrator?.address
  const at = since === undefined ? '' : localTime(since, zone, language)
  const again =
    restored === undefined || restored === 0
      ? ''
      : { ja: `。表を ${restored} 回戻しました`, en: `; its table was put back ${restored} times` }[language]
  const gone = {
    ja: { present: '表はあります', absent: '表はありません', unknown: '表は見られません' },
    en: {
      present: 'its table stands',
      absent: 'its table is not there',
      unknown: 'its table cannot be read',
    },
  }[language][table as 'present' | 'absent' | 'unknown']
  switch (state) {
    case 'none':
      return { ja: 'このホストは遮断されていません', en: 'This host is not isolated' }[language]
    case 'trial':
    case 'kept': {
      const who = from ?? { ja: 'この端末だけ', en: 'nobody by SSH' }[language]
      const what =
        state === 'kept'
          ? {
              ja: `このホストは遮断されています（${incident}、${at} から）。SSH は ${who}`,
              en: `This host is isolated (${incident}, since ${at}); SSH from ${who}`,
            }
          : {
              ja: `このホストを遮断し、新しいログインを待っています（${incident}、${at} から）。SSH は ${who}`,
              en: `This host is isolated and waits for a new login (${incident}, since ${at}); SSH from ${who}`,
            }
      return `${what[language]}${table === 'present' ? '' : `${language === 'ja' ? '。' : '; '}${gone}`}${again}`
    }
    case 'ending':
      return {
        ja: `遮断（${incident}）は終わりましたが、表をまだ外せていません`,
        en: `The isolation (${incident}) is over and its table could not be taken away yet`,
      }[language]
    case 'stray':
      return {
        ja: '遮断の表 sekisho_isolation がありますが、記録がありません。nft delete table inet sekisho_isolation で外せます',
        en: 'A table sekisho_isolation stands and no record says why: nft delete table inet sekisho_isolation takes it away',
      }[language]
    default:
      return {
        ja: `遮断の記録を読めません（${gone}）: ${why ?? ''}`,
        en: `The record of an isolation cannot be read (${gone}): ${why ?? ''}`,
      }[language]
  }
}
