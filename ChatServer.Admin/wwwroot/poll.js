/** Calls a function at an interval while the page is visible. */
export class Poll {
  #run; #intervalMs; #timer; #latestRun = 0; #isRunning = false;

  /**
   * @param {(isLatest: () => boolean) => Promise} run handles its errors; must discard its result if `isLatest()` is false, because
   *   another run has started or the poll has stopped
   * @param {number} intervalMs between the end of a run and the start of the next
   */
  constructor(run, intervalMs) {
    [this.#run, this.#intervalMs] = [run, intervalMs];
    document.addEventListener('visibilitychange', () => this.#isRunning && !document.hidden && this.runNow());
  }

  get isRunning() { return this.#isRunning; }

  start() {
    this.#isRunning = true;
    this.runNow();
  }

  stop() {
    this.#isRunning = false;
    this.#latestRun++;
    clearTimeout(this.#timer);
  }

  async runNow() {
    const run = ++this.#latestRun, isLatest = () => run === this.#latestRun;
    clearTimeout(this.#timer);
    await this.#run(isLatest);
    if (isLatest() && this.#isRunning && !document.hidden) this.#timer = setTimeout(() => this.runNow(), this.#intervalMs);
  }
}
