// Who is signed in: tokens that are renewed once, however many calls wait for them.
import type { SessionView } from './generated/schemas.js';
import { isProblem } from './problem.js';

// An access token is renewed so many milliseconds before it expires.
const RENEWED_BEFORE_MS = 30_000;
// After these the session is over, whatever is tried.
const OVER = ['refresh_expired', 'refresh_reused', 'refresh_unknown', 'account_deactivated'];

/** Tokens, as they can be kept between two runs of an app. */
export interface Session {
  accessToken: string;
  refreshToken: string;
  /** When the access token expires: milliseconds since 1970. */
  expiresAt: number;
}

/** The tokens of one client. */
export class Sessions {
  #session: Session | undefined;
  #renewal: Promise<Session> | undefined;
  readonly #renew: (refreshToken: string) => Promise<SessionView>;
  readonly #told: (session: Session | undefined) => void;

  constructor(
    session: Session | undefined,
    renew: (refreshToken: string) => Promise<SessionView>,
    told: (session: Session | undefined) => void,
  ) {
    this.#session = session;
    this.#renew = renew;
    this.#told = told;
  }

  get current(): Session | undefined {
    return this.#session;
  }

  /** Takes what signing in, registering or refreshing answered. */
  take(view: SessionView): Session {
    const session = {
      accessToken: view.access_token,
      refreshToken: view.refresh_token,
      expiresAt: Date.now() + view.expires_in * 1000,
    };
    this.#session = session;
    this.#told(session);
    return session;
  }

  /** Forgets the tokens. */
  end(): void {
    this.#session = undefined;
    this.#told(undefined);
  }

  /** An access token that lasts a while yet; nothing when nobody is signed in. */
  async token(): Promise<string | undefined> {
    const session = this.#session;
    if (session === undefined) {
      return undefined;
    }
    const fresh = session.expiresAt - Date.now() > RENEWED_BEFORE_MS;
    return (fresh ? session : await this.#renewed(session)).accessToken;
  }

  /** Another token than the one that was refused; nothing when there is none to be had. */
  async replace(refused: string): Promise<string | undefined> {
    const session = this.#session;
    if (session === undefined) {
      return undefined;
    }
    // Somebody else has renewed it meanwhile.
    return session.accessToken === refused ? (await this.#renewed(session)).accessToken : session.accessToken;
  }

  #renewed(session: Session): Promise<Session> {
    this.#renewal ??= this.#renew(session.refreshToken)
      .then((view) => this.take(view))
      .catch((error: unknown) => {
        if (isProblem(error) && OVER.includes(error.code)) {
          this.end();
        }
        throw error;
      })
      .finally(() => {
        this.#renewal = undefined;
      });
    return this.#renewal;
  }
}
