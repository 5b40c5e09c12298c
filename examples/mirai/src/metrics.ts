// Counters in the text form that monitoring reads.

export class Metrics {
  #requests = 0
  #failures = 0
  #logins = { ok: 0, failed: 0 }

  request(status: number): void {
    this.#requests++
    if (status >= 500) this.#failures++
  }
  login(ok: boolean): void {
    this.#logins[ok ? 'ok' : 'failed']++
  }
  text(records: { readonly articles: number; readonly users: number }): string {
    const rows = [
      '# TYPE mirai_requests_total counter',
      `mirai_requests_total ${this.#requests}`,
      '# TYPE mirai_failures_total counter',
      `mirai_failures_total ${this.#failures}`,
      '# TYPE mirai_logins_total counter',
      `mirai_logins_total{result="ok"} ${this.#logins.ok}`,
      `mirai_logins_total{result="failed"} ${this.#logins.failed}`,
      '# TYPE mirai_records gauge',
      `mirai_records{kind="articles"} ${records.articles}`,
      `mirai_records{kind="users"} ${records.users}`,
      '# TYPE mirai_resident_bytes gauge',
      `mirai_resident_bytes ${process.memoryUsage.rss()}`,
    ]
    return `${rows.join('\n')}\n`
  }
}
