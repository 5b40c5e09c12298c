// What the guard says of rules on services, the machine and shared histories, beside guard.ts.
import { type GuardWords, plain } from './guard-sentence.ts'

/** Of a declared service, by its name. */
const service = (ja: string, jaWhy: string, en: string, enWhy: string): GuardWords => ({
  ja: ({ service: name = 'サービス' }) => ({ what: `${name} ${ja}`, why: jaWhy }),
  en: ({ service: name = 'a service' }) => ({ what: `${en} ${name}.`, why: enWhy }),
})

export const GUARD_RULE_WORDS: Readonly<Record<string, GuardWords>> = {
  'service.stop': service(
    'を止めます。',
    '本番のサービスを強制的に止めることは禁じられています。健全さの確認と戻し方のある変更として行います。',
    'It stops',
    'A production service is never stopped by force; it is done as a change that has a check and a way back.',
  ),
  'service.restart': service(
    'を再起動します。',
    '利用者に影響します。健全さの確認と戻し方のある変更として行います。',
    'It restarts',
    'Users notice; it is done as a change that has a check and a way back.',
  ),
  'service.unit': service(
    'のユニットのファイルを変えるか、なくします。',
    '次の起動から起動のしかたが変わるか、起動しなくなります。sekisho.yaml の configs に { kind: systemd } と書けば、検査と戻し方のある変更にできます。',
    'It changes or takes away a unit file of',
    'From its next start the service starts otherwise, or not at all. With { kind: systemd } under configs in sekisho.yaml it is a change that has a check and a way back.',
  ),
  'service.reload': service(
    'に設定を読み直させます。',
    '設定の検査を通った変更として行います。',
    'It makes a reload of',
    'It is done as a change whose configuration was tried.',
  ),
  'service.stop-other': plain(
    'サービスを止める、または使えなくします。',
    '宣言されていないサービスですが、何が頼っているか人が確かめます。',
    'It stops or disables a service.',
    'It is none that is declared; a person looks what depends on it.',
  ),
  'service.restart-other': plain(
    'サービスを再起動します。',
    '宣言されていないサービスですが、何が頼っているか人が確かめます。',
    'It restarts a service.',
    'It is none that is declared; a person looks what depends on it.',
  ),
  'process.kill': plain(
    'プロセスを終わらせます。',
    '本番のプロセスかもしれないので、人が確かめます。',
    'It ends processes.',
    'They could be production; a person looks first.',
  ),
  'git.force-push-protected': plain(
    '守られたブランチの履歴を上書きします。',
    '全員が頼る履歴です。戻すときは取り消しのコミットを積みます。',
    'It overwrites the history of a protected branch.',
    'Everybody builds on it; what was wrong is reverted by a commit.',
  ),
  'git.delete-protected': plain(
    '守られたブランチまたはタグを遠隔から消します。',
    '全員が頼る履歴です。',
    'It deletes a protected branch or tag of the remote.',
    'Everybody builds on it.',
  ),
  'git.push-protected': plain(
    '守られたブランチに直接送ります。',
    'この規則では人が確かめます。',
    'It pushes straight to a protected branch.',
    'Under these rules a person confirms it first.',
  ),
  'git.live-data': plain(
    'git が追跡している、動いているデータを履歴のもので置き換えます。',
    'この作業ツリーには本番のデータがあり、サービスが書いた後の内容が失われます。別の作業ツリーで行うか、人が確かめます。',
    'It puts files of the history in the place of live data that git tracks.',
    'What the service has written since would be lost. Work in another working tree, or let a person confirm.',
  ),
  'git.integrate': plain(
    'ブランチを統合します。',
    '本番に出るものかもしれないので、人が確かめます。',
    'It merges into a branch.',
    'It may be what goes to production; a person confirms it first.',
  ),
  'git.repository': plain(
    'git の内部のファイルを直接書きます。',
    '履歴は git のコマンドだけで変えます。',
    'It writes into git’s own files.',
    'A history is changed by git’s commands and by nothing else.',
  ),
  'host.change': plain(
    '機械の設定（時刻、名前、カーネルなど）を変えます。',
    'すべてのサービスに影響することがあります。',
    'It changes the machine itself: clock, name, kernel and the like.',
    'Every service on it may notice.',
  ),
  'host.fill': plain(
    '終わりのない出力をファイルに書きます。',
    'ディスクが一杯になり、そこに書くサービスがすべて止まります。量を決めてください（head -c、dd の count）。',
    'It writes without end into a file.',
    'The disk fills up, and every service that writes there stops. Say how much: head -c, or count of dd.',
  ),
  'host.mount': plain(
    'ファイルシステムを付ける、または外します。',
    '動いているものの足元が変わります。',
    'It mounts or unmounts a file system.',
    'What runs may lose the ground it stands on.',
  ),
  'net.configure': plain(
    'ネットワークの設定を変えます。',
    '自分も入れなくなることがあります。',
    'It changes the network.',
    'You may lock yourself out.',
  ),
  'privilege.account': plain(
    'アカウントまたは権限を変えます。',
    '誰が何をできるかは人が決めます。',
    'It changes accounts or rights.',
    'Who may do what is decided by a person.',
  ),
  'packages.remove': plain(
    'パッケージを取り除きます。',
    '頼っているサービスが動かなくなることがあります。',
    'It removes packages.',
    'What depends on them may stop working.',
  ),
  'packages.publish': plain(
    'パッケージを公開します。',
    '一度公開したものは取り戻せません。',
    'It publishes a package.',
    'What was published once cannot be taken back.',
  ),
  'infra.expose': plain(
    '外から届くようにします。',
    '誰が届くかを人が確かめます。',
    'It opens something to the outside.',
    'A person looks who can reach it then.',
  ),
  'db.send': plain(
    'データベースの中身が、この機械の外へ出ます。',
    '出たものは取り戻せません。どこへ出すかは人が確かめます。',
    'The contents of a database leave this host.',
    'What has left cannot be taken back; a person looks where it goes.',
  ),
  'infra.reveal': plain(
    '秘密の値を画面に出します。',
    '表示された値は、記録や会話に残ります。名前だけなら見られます。',
    'It shows the values of secrets.',
    'What was shown stays in logs and conversations; their names can be read freely.',
  ),
  'script.destroy': plain(
    '名前からすると、消す・壊す・出荷するための手順です。',
    '中身が見えないので、人が確かめます。',
    'By its name this script destroys, resets or ships.',
    'What it does cannot be seen from here; a person looks first.',
  ),
}
