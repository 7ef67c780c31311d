import type { Template } from "./template.ts";

export const connectorTemplate: Template = {
  manifest: {
    description: "Reads users of api.example.com",
    permissions: {
      http: { reason: "The users are there.", hosts: ["api.example.com"] },
    },
    operations: {
      get_user: {
        description: "One user by its id.",
        arguments: {
          type: "object",
          properties: { id: { type: "string" } },
          required: ["id"],
          additionalProperties: false,
        },
      },
    },
  },
  source: `import { ConnectorOutput, data, failure, HttpRequest, Json, runConnector } from "hearth-sdk";

// AssemblyScript has no closures: the function given here cannot use variables of the one around it.
export function execute(): i32 {
  return runConnector((input) => {
    if (input.operation == "get_user") return getUser(input.arguments);
    return failure("unknown_operation", \`there is no operation \${input.operation}\`);
  });
}

function getUser(input: Json): ConnectorOutput {
  const id = encodeURIComponent(input.get("id").asString());
  // A server that cannot be reached ends the call here; one that answers with an error does not.
  const response = new HttpRequest("GET", \`https://api.example.com/users/\${id}\`).send();
  if (response.status == 404) return failure("not_found", \`there is no user \${id}\`);
  if (!response.ok) return failure("unavailable", \`the server answered \${response.status}\`, true);
  const user = response.json();
  return data(Json.object().set("id", user.get("id")).set("name", user.get("name")));
}
`,
  cases: `# \`hearth plugin test\` runs these. What \`expect\` does not name may be anything. A case has no network: \`http\` holds
# the answers that it gets.
- name: a user is found
  input: { operation: get_user, arguments: { id: "7" } }
  http:
    - request: { method: GET, url: https://api.example.com/users/7 }
      response:
        status: 200
        headers: { content-type: application/json }
        body: '{"id":"7","name":"Zoë","password":"x"}'
  expect: { data: { id: "7", name: Zoë } }
- name: an unknown user is an error that will stay
  input: { operation: get_user, arguments: { id: a b } }
  http:
    - request: { method: GET, url: https://api.example.com/users/a%20b }
      response: { status: 404, headers: {}, body: "" }
  expect: { error: { code: not_found, transient: false } }
`,
};
