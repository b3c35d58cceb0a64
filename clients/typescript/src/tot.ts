// The client: every operation of the API, and who is signed in.
import { Operations } from './generated/operations.js';
import type { AccountView, LoginBody, RegisterBody, SessionView } from './generated/schemas.js';
import type { TotOptions } from './options.js';
import { type Session, Sessions } from './session.js';
import { Transport } from './transport.js';

/** TOT's API for one person, or for nobody until somebody signs in. */
export class Tot extends Operations {
  readonly #sessions: Sessions;

  constructor(options: TotOptions) {
    const transport = new Transport(options);
    super(transport);
    const renew = (refreshToken: string): Promise<SessionView> => this.auth.refresh({ refresh_token: refreshToken });
    this.#sessions = new Sessions(options.session, renew, options.onSession ?? (() => undefined));
    transport.sessions = this.#sessions;
  }

  /** The tokens, to be kept between two runs; `undefined` when nobody is signed in. */
  get session(): Session | undefined {
    return this.#sessions.current;
  }

  /** Signs in. Tokens are renewed by themselves from then on. */
  async signIn(login: LoginBody): Promise<AccountView> {
    return this.#take(await this.auth.login(login));
  }

  /** Makes a patient's account and signs in. If the answer is lost, sign in: a second try answers `email_taken`. */
  async register(person: RegisterBody): Promise<AccountView> {
    return this.#take(await this.auth.register(person));
  }

  /** Ends the session, here even if the platform cannot be reached. */
  async signOut(): Promise<void> {
    const session = this.session;
    try {
      if (session !== undefined) {
        await this.auth.logout({ refresh_token: session.refreshToken });
      }
    } finally {
      this.#sessions.end();
    }
  }

  #take(view: SessionView): AccountView {
    this.#sessions.take(view);
    return view.user;
  }
}
