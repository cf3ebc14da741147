// In by access code: the code, a name, and the password once the conference asks for one.
import { byId } from "/static/dom.js";
import { keepToken, knock } from "/static/door.js";
import { onSubmit } from "/static/forms.js";
import { lastName } from "/static/seat.js";
import { ready, switches } from "/static/shell.js";

onSubmit(byId("enter"), async (data) => {
  const said = (name) => data.get(name).trim();
  try {
    const entry = await knock({ code: said("code"), name: said("name"), password: said("password") });
    keepToken(entry);
    location.assign(entry.url);
  } catch (error) {
    const asked = error.door === "password" && byId("password-field").hidden;
    if (error.door === "password") byId("password-field").hidden = false;
    if (!asked) throw error;
    byId("password").focus();
  }
});

byId("corner").append(switches());
byId("name").value = lastName();
byId("code").value = new URLSearchParams(location.search).get("code") || "";
ready();
byId("code").focus();
