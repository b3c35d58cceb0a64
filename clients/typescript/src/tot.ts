// The client: every operation of the API, and who is signed in.
import { Operations } from './generated/operations.js';
import type { AccountView, LoginCodeBody, PaymentView, RegisterBody, SessionView } from './generated/schemas.js';
import type { CallOptions, SignInDetails, TotOptions } from './options.js';
import { isProblem, type ProblemError } from './problem.js';
import { pause } from './retry.js';
import { type Session, Sessions } from './session.js';
import { Transport } from './transport.js';

// How long a payment is left before it is looked at again, in milliseconds: at first, and at most.
const FIRST_LOOK_MS = 200;
const LOOK_MS_MAX = 2_000;

/** TOT's API for one person, or for nobody until somebody signs in. */
export class Tot extends Operations {
  readonly #sessions: Sessions;

  constructor(options: TotOptions) {
    const transport = new Transport(options);
    super(transport);
    // An empty one is in a cookie.
    const renew = (refreshToken: string): Promise<SessionView> => this.auth.refresh({ refresh_token: refreshToken || null });
    this.#sessions = new Sessions(options.session, renew, options.onSession ?? (() => undefined));
    transport.sessions = this.#sessions;
  }

  /** The tokens, to be kept between two runs; `undefined` when nobody is signed in. */
  get session(): Session | undefined {
    return this.#sessions.current;
  }

  /**
   * Signs in. Tokens are renewed by themselves from then on. Where the account has a second factor and no `code` is given, it is refused
   * by `second_factor_due`: hand what was thrown to `completeSignIn`.
   */
  async signIn({ code, ...login }: SignInDetails): Promise<AccountView> {
    const device_token = login.device_token ?? this.#sessions.deviceToken ?? null;
    try {
      return (await this.auth.login({ ...login, device_token })).user;
    } catch (error) {
      if (code === undefined || !isProblem(error, 'second_factor_due')) {
        throw error;
      }
      const { refresh_cookie = null } = login;
      return await this.completeSignIn(error, typeof code === 'function' ? await code() : code, { device_token, refresh_cookie });
    }
  }

  /**
   * The second step, for apps that ask for the code on a screen of their own: by what `signIn` was refused with, or its `sign_in_token`,
   * within five minutes. After `wrong_code` it may be tried again with the next code of the app; after `sign_in_ended` the password is due.
   */
  async completeSignIn(
    due: ProblemError | string,
    code: string,
    more: Pick<LoginCodeBody, 'device_token' | 'refresh_cookie'> = {},
  ): Promise<AccountView> {
    const sign_in_token = typeof due === 'string' ? due : due.problem.sign_in_token;
    if (sign_in_token === undefined) {
      throw new TypeError('completeSignIn takes the error second_factor_due of signIn, or its sign_in_token');
    }
    const device_token = more.device_token ?? this.#sessions.deviceToken ?? null;
    return (await this.auth.loginCode({ ...more, sign_in_token, code, device_token })).user;
  }

  /** Makes a patient's account and signs in. If the answer is lost, call it again: the same data and password are one registration for
   * ten minutes. `email_taken` is told to whoever gives the password of an account with this address, and to nobody else. */
  async register(person: RegisterBody): Promise<AccountView> {
    return (await this.auth.register(person)).user;
  }

  /**
   * A payment that was started, once its payer can confirm it: at `confirmation_url`, or by `qr_payload`. The provider may take a while
   * to answer them. Without either it waits for nobody: see its `status`.
   */
  async untilConfirmable(paymentId: string, options: CallOptions = {}): Promise<PaymentView> {
    for (let wait = FIRST_LOOK_MS; ; wait = Math.min(wait * 2, LOOK_MS_MAX)) {
      const payment = await this.payments.show(paymentId, options);
      if (payment.status !== 'pending' || payment.confirmation_url != null || payment.qr_payload != null) {
        return payment;
      }
      await pause(wait, options.signal);
    }
  }

  /** Ends the session, here even if the platform cannot be reached. */
  async signOut(): Promise<void> {
    const session = this.session;
    try {
      if (session !== undefined) {
        await this.auth.logout({ refresh_token: session.refreshToken || null });
      }
    } finally {
      this.#sessions.end();
    }
  }
}
