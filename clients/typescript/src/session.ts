// Who is signed in: tokens that are renewed once, however many calls wait for them.
import type { RefreshBody, SessionView } from './generated/schemas.js';
import { isProblem } from './problem.js';

// An access token is renewed so many milliseconds before it expires.
const RENEWED_BEFORE_MS = 30_000;
// After these the session is over, whatever is tried.
const OVER = ['refresh_expired', 'refresh_reused', 'refresh_unknown', 'account_deactivated'];
// A token that was refused for these reasons can be replaced.
const REPLACEABLE = ['token_expired', 'invalid_token'] as const;

/** Tokens, as they can be kept between two runs of an app. */
export interface Session {
  accessToken: string;
  /** Empty where it is in a cookie. */
  refreshToken: string;
  /** When the access token expires: milliseconds since 1970. */
  expiresAt: number;
  /** Brought at the next sign-in on this device, so that nobody who guesses passwords holds it up; opens nothing by itself. */
  deviceToken?: string;
}

/** The tokens of one client. */
export class Sessions {
  #session: Session | undefined;
  /** Outlives the session. */
  #deviceToken: string | undefined;
  #renewal: Promise<void> | undefined;
  readonly #renew: (refreshToken: string) => Promise<SessionView>;
  readonly #told: (session: Session | undefined) => void;

  constructor(
    session: Session | undefined,
    renew: (refreshToken: string) => Promise<SessionView>,
    told: (session: Session | undefined) => void,
  ) {
    this.#session = session;
    this.#deviceToken = session?.deviceToken;
    this.#renew = renew;
    this.#told = told;
  }

  get current(): Session | undefined {
    return this.#session;
  }

  get deviceToken(): string | undefined {
    return this.#deviceToken;
  }

  /** Goes on with the session that a request was answered. What renews a session that is no longer held, for somebody signed in or out
   * meanwhile, is left. */
  adopt(view: SessionView, request: object = {}): void {
    const renewed = (request as RefreshBody).refresh_token ?? null;
    if (renewed !== null && renewed !== this.#session?.refreshToken) {
      return;
    }
    // A refresh answers none.
    this.#deviceToken = view.device_token ?? this.#deviceToken;
    this.#session = {
      accessToken: view.access_token,
      refreshToken: view.refresh_token,
      expiresAt: Date.now() + view.expires_in * 1000,
      ...(this.#deviceToken === undefined ? {} : { deviceToken: this.#deviceToken }),
    };
    this.#told(this.#session);
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
    if (session.expiresAt - Date.now() <= RENEWED_BEFORE_MS) {
      await this.#renewed(session);
    }
    return this.#session?.accessToken;
  }

  /** Whether a token that was refused like this can be replaced. One that was revoked can where another session was adopted meanwhile. */
  canReplace(refused: string, failure: unknown): boolean {
    const replaced = this.#session !== undefined && this.#session.accessToken !== refused;
    return isProblem(failure, ...REPLACEABLE) || (replaced && isProblem(failure, 'token_revoked'));
  }

  /** Another token than the one that was refused; nothing when there is none to be had. */
  async replace(refused: string): Promise<string | undefined> {
    const session = this.#session;
    // Else somebody else has renewed it meanwhile.
    if (session?.accessToken === refused) {
      await this.#renewed(session);
    }
    return this.#session?.accessToken;
  }

  #renewed(session: Session): Promise<void> {
    this.#renewal ??= this.#renew(session.refreshToken)
      .then(() => undefined)
      .catch((error: unknown) => {
        // Another session was adopted meanwhile, or this one ended.
        if (this.#session !== session) {
          return;
        }
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
