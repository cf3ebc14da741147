// Login by name and password, or by a one-time link (?token=); then back to where one wanted to go.
import { post } from "/static/api.js";
import { destination } from "/static/destination.js";
import { byId } from "/static/dom.js";
import { clearProblems, onSubmit } from "/static/forms.js";
import { saysPlainly, t } from "/static/i18n.js";
import { explain } from "/static/notify.js";
import { ready, switches } from "/static/shell.js";

const EXPIRED = "urn:mcu:login:password-expired";
const query = new URLSearchParams(location.search);

function problem(error) {
  const box = byId("problem");
  box.hidden = false;
  saysPlainly(box.querySelector("span"), error.status === 401 ? t("login.wrong") : error.field === "password" ? t("login.rule_broken") : explain(error));
}

/** The password is right, but old or given by somebody else: it is changed with this login. */
function askForNew() {
  byId("new-field").hidden = false;
  byId("new-password").required = true;
  byId("new-password").focus();
}

async function enter(body) {
  byId("problem").hidden = true;
  try {
    await post("/session", body, { guest: true });
    location.replace(destination(query.get("next"), location.origin));
  } catch (error) {
    if (error.kind === EXPIRED && !body.new_password) {
      saysPlainly(byId("problem").querySelector("span"), t("login.expired"));
      byId("problem").hidden = false;
      askForNew();
      return;
    }
    problem(error);
  }
}

onSubmit(byId("login"), async (data) => {
  clearProblems(byId("login"));
  await enter({ user: data.get("user"), password: data.get("password"), new_password: data.get("new_password") });
  if (byId("new-field").hidden) byId("password").select();
});

byId("corner").append(switches());
ready();
if (query.has("token")) await enter({ token: query.get("token") });
else byId("user").focus();
