// Refusals and failures of building, placing and taking back code, in both languages.
import { roomEnd } from './room-ends.ts'
import type { ErrorWords } from './words.ts'

export const DEPLOY_ERRORS = {
  'deploy.not_declared': {
    ja: {
      what: '{service} のコードは宣言されていません',
      why: 'どのリポジトリを、どう配置し、どう試すかが sekisho.yaml にありません',
      next: ['サービスに repo と test を書く（例は docs/guide/code.ja.md）', 'sekisho config apply'],
    },
    en: {
      what: 'The code of {service} is not declared',
      why: 'sekisho.yaml does not say which repository it is, how it is deployed and how it is tested',
      next: ['write repo and test for the service (an example: docs/guide/code.md)', 'sekisho config apply'],
    },
  },
  'deploy.busy': {
    ja: {
      what: '{service} のコードはいま {by} が用意しています（{step}）',
      why: '一度に用意するのは 1 つです',
      next: ['終わるまで待つ', 'やめさせるなら: sekisho change cancel --service {service}'],
    },
    en: {
      what: '{by} is preparing code of {service} now ({step})',
      why: 'one is prepared at a time',
      next: ['wait until it is done', 'to end it: sekisho change cancel --service {service}'],
    },
  },
  'deploy.cancelled': {
    ja: {
      what: 'コードの用意は {by} が取りやめました',
      why: '作りかけたものは、すべて片づけました。サービスには触れていません',
      next: ['要るなら、もう一度 sekisho do code を行う'],
    },
    en: {
      what: 'Preparing the code was cancelled by {by}',
      why: 'all that was made for it is cleared away; the service was not touched',
      next: ['if it is needed, run sekisho do code again'],
    },
  },
  'deploy.stage_gone': {
    ja: {
      what: '用意したコードがもうありません（{stage}）',
      why: '用意してから時間が過ぎたか、ランナーの記録にありません',
      next: ['もう一度 sekisho do code を行う'],
    },
    en: {
      what: 'The prepared code is not there any more ({stage})',
      why: 'its time is over, or the runner has no record of it',
      next: ['run sekisho do code again'],
    },
  },
  'deploy.nothing': {
    ja: {
      what: '{commit} はもう配置されています',
      why: '配置されているコミットと同じです',
      next: ['変えたいものをコミットしてから、そのコミットを指定する'],
    },
    en: {
      what: '{commit} is deployed already',
      why: 'it is the commit that runs now',
      next: ['commit what shall change, and name that commit'],
    },
  },
  'deploy.nothing_before': {
    ja: {
      what: '{service} には、いまより前のリリースがありません',
      why: '関所を通して配置され、まだ取り消されていないコードの変更がありません',
      next: [
        'sekisho change list --service {service}',
        '戻す先のコミットを --to で指定する（関所を通して動いたことのあるもの）',
      ],
    },
    en: {
      what: 'There is nothing before the release of {service} that runs now',
      why: 'no change of code that came through the gate is still in effect',
      next: [
        'sekisho change list --service {service}',
        'name a commit that ran here through the gate: --to COMMIT',
      ],
    },
  },
  'deploy.bundle_missing': {
    ja: {
      what: '送られた束に欠けがあります',
      why: '{why}',
      next: ['もう一度 sekisho do code を行う'],
    },
    en: {
      what: 'A part of the bundle is missing',
      why: '{why}',
      next: ['run sekisho do code again'],
    },
  },
  'deploy.place_open': {
    ja: {
      what: '{path} は root のほかも書けます',
      why: 'ここで入れ替えられるのは root だけでなければ、承認したものと動くものが違い得ます',
      next: ['sudo chown root {path} && sudo chmod go-w {path}'],
    },
    en: {
      what: 'Others than root can write {path}',
      why: 'if others could exchange what is prepared here, what runs could differ from what was approved',
      next: ['sudo chown root {path} && sudo chmod go-w {path}'],
    },
  },
  'deploy.not_laid_out': {
    ja: {
      what: '{path} がありません',
      why: 'deploy: releases では、リリースを入れるディレクトリと、動いているリリースへのリンクが要ります',
      next: ['{path} を作る（docs/guide/configuration.ja.md）'],
    },
    en: {
      what: '{path} is not there',
      why: 'deploy: releases wants a directory for the releases, and a link to the one that runs',
      next: ['make {path} (docs/guide/configuration.md)'],
    },
  },
  'deploy.not_delivered': {
    ja: {
      what: '{change} のコミットが、まだ {path} の {branch} にありません',
      why: 'コードは動いていますが、ブランチは前のコミットのままです（{why}）。この上に次の変更を作ると、{change} のコードが消えます',
      next: [
        '原因を直してから、もう一度同じコマンドを打つ。コミットはその場で置き直します',
        'sekisho record show {change}',
      ],
    },
    en: {
      what: 'The commit of {change} is not on {branch} of {path} yet',
      why: 'its code runs, and the branch is still at the commit before ({why}); a change made on that would drop the code of {change}',
      next: [
        'remove the cause and run the same command again: it tries to deliver the commit first',
        'sekisho record show {change}',
      ],
    },
  },
  'deploy.branch_other': {
    ja: {
      what: '{path} の {branch} は {found} を指していますが、動いているのは {runs} です',
      why: '{change} のあとで、関所を通さずにブランチが動きました。何が動いているのか、差分もテストも言えません',
      next: [
        'git -C {path} log --oneline {runs}..{found} で、動かした人に確かめる',
        'ブランチを {runs} に戻し、{found} は sekisho do code で提案する',
      ],
    },
    en: {
      what: '{branch} of {path} is at {found}, and what runs is {runs}',
      why: 'the branch was moved after {change} without the gate, so neither the difference nor the tests would be about what runs',
      next: [
        'git -C {path} log --oneline {runs}..{found}, and ask who moved it',
        'move the branch back to {runs} and propose {found} with sekisho do code',
      ],
    },
  },
  'deploy.never_ran': {
    ja: {
      what: '{commit} は、関所を通ってここで動いたことがありません',
      why: 'テストなしで戻れるのは、ここで動いていたコミットだけです',
      next: [
        '変更として提案する: sekisho do code --commit COMMIT',
        'sekisho change list で、動いていたコミットの変更を探す',
      ],
    },
    en: {
      what: '{commit} never ran here through the gate',
      why: 'only a commit that ran here comes back without tests',
      next: [
        'propose it as a change: sekisho do code --commit COMMIT',
        'sekisho change list shows the changes whose commits ran',
      ],
    },
  },
  'deploy.kind_changes': {
    ja: {
      what: 'ファイルとディレクトリが入れ替わる変更は、直接の配置では通せません: {path}',
      why: 'ディレクトリの中にある、git の知らないファイルまで動いてしまいます',
      next: ['別の名前を使って、コミットを直す'],
    },
    en: {
      what: 'A file and a directory cannot change places in a deployment in place: {path}',
      why: 'files in the directory that git does not know would be moved with it',
      next: ['use another name and mend the commit'],
    },
  },
  'deploy.declared_path': {
    ja: {
      what: '{path} は宣言されたデータ・秘密・設定です',
      why: 'コードの変更では書き換えません',
      next: ['候補からこのファイルの変更を外す', 'sekisho do config か、アプリケーションの API で変える'],
    },
    en: {
      what: '{path} is declared data, a secret or configuration',
      why: 'a change of code does not write it',
      next: [
        'take the change of this file out of the candidate',
        'change it with sekisho do config, or through the API of the application',
      ],
    },
  },
  'deploy.config_other': {
    ja: {
      what: '{path} は、コードの変更と一緒には変えられません',
      why: '一緒に変えられるのは、宣言された nginx の設定ファイルだけです',
      next: ['sekisho do config で別に変える'],
    },
    en: {
      what: '{path} cannot be changed together with code',
      why: 'only declared configuration files of nginx can',
      next: ['change it by itself with sekisho do config'],
    },
  },
  'deploy.too_many_files': {
    ja: {
      what: '一度に変わるファイルが多すぎます: {count} 個',
      why: '1 つの変更は {limit} 個までです',
      next: ['変更をいくつかに分ける'],
    },
    en: {
      what: 'Too many files change at once: {count}',
      why: 'one change may have {limit}',
      next: ['part it into several changes'],
    },
  },
  'deploy.step_failed': {
    ja: {
      what: '{step} が失敗しました（終了コード {exit}）',
      why: '{output}',
      next: ['手元で同じコマンドを動かして直し、新しいコミットで出し直す'],
    },
    en: {
      what: '{step} failed (exit code {exit})',
      why: '{output}',
      next: ['run the same command where you work, mend it, and propose a new commit'],
    },
  },
  'deploy.step_ended': {
    ja: (d) => ({
      what: `${d('step')} は最後まで動きませんでした（${roomEnd(d('ended'), 'ja')}）`,
      why: `部屋の上限で止められました。${d('output')}`,
      next: ['上限の中で終わるように直すか、sekisho.yaml の within を変える'],
    }),
    en: (d) => ({
      what: `${d('step')} did not end by itself (${roomEnd(d('ended'), 'en')})`,
      why: `a limit of the room ended it. ${d('output')}`,
      next: ['let it end within the limits, or change within in sekisho.yaml'],
    }),
  },
  'deploy.results_missing': {
    ja: {
      what: 'テストの結果のファイルがありません: {files}',
      why: '終了コードだけでは、どのテストが通ったか分かりません',
      next: ['テストが {files} に結果を書くようにする'],
    },
    en: {
      what: 'The tests left no results: {files}',
      why: 'an exit code alone does not say which tests passed',
      next: ['let the tests write their results to {files}'],
    },
  },
  'deploy.artefact_other': {
    ja: {
      what: '{path} は、用意して試したものと違います',
      why: '試したものだけを動かします',
      next: ['もう一度 sekisho do code を行う'],
    },
    en: {
      what: '{path} is not what was built and tested',
      why: 'only what was tested runs',
      next: ['run sekisho do code again'],
    },
  },
  'deploy.path_moved': {
    ja: {
      what: '{path} は、承認されたときの中身ではありません',
      why: 'そのあとでだれかが書き換えました。上から置けば失われます',
      next: ['git status で確かめ、もう一度 sekisho do code を行う'],
    },
    en: {
      what: '{path} is not what it was when this was approved',
      why: 'somebody has written it since; placed over, that would be lost',
      next: ['look with git status, then run sekisho do code again'],
    },
  },
  'deploy.environment_moved': {
    ja: {
      what: '{unit} が動く環境は、予行したときのものではありません',
      why: '実行系か、インストール済みのパッケージが、そのあとで変わりました',
      next: ['もう一度 sekisho do code を行う'],
    },
    en: {
      what: 'what {unit} runs on is not what it was in the rehearsal',
      why: 'its interpreter or the installed packages have changed since',
      next: ['run sekisho do code again'],
    },
  },
  'deploy.rewritten': {
    ja: {
      what: '依存関係の取得かビルドが、変更したファイル {path} を書き換えました',
      why: 'in-place ではコミットのバイトを置きます。試験と予行は、置かれないバイトについてのものになります',
      next: ['ビルドしたものをコミットに入れるか、deploy: releases にする'],
    },
    en: {
      what: 'dependencies or build have rewritten {path}, which the change changes',
      why: 'in place the bytes of the commit are deployed; tests and rehearsal would be of other bytes',
      next: ['commit what the build makes, or use deploy: releases'],
    },
  },
  'deploy.not_kept': {
    ja: {
      what: '{change} には取り消すコードがありません（{state}）',
      why: '維持されたコードの変更だけを取り消せます',
      next: ['sekisho change list'],
    },
    en: {
      what: '{change} left no code to take back ({state})',
      why: 'only a change of code that was kept can be taken back',
      next: ['sekisho change list'],
    },
  },
  'deploy.broke': {
    ja: {
      what: 'コードの用意が途中で止まりました',
      why: '{why}',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'Preparing the code stopped on the way',
      why: '{why}',
      next: ['sekisho doctor'],
    },
  },
} as const satisfies ErrorWords
