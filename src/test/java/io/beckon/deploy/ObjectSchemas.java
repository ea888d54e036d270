// SPDX-FileCopyrightText: The Beckon authors
// SPDX-License-Identifier: Apache-2.0
package io.beckon.deploy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.openshift.api.model.monitoring.v1.PodMonitor;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What Kubernetes and its operators take, field by field. Nothing unknown and no number in place of
 * a text is let pass, as a server would with {@code --validate=strict}.
 */
final class ObjectSchemas {
  private static final String CRD = "META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml";

  /** Versions that newer operators know; nothing else of what is used here has changed. */
  private static final List<String> NEWER = List.of("v2_0", "v2_1", "v2_2", "v2_3");

  private static final Map<String, Class<?>> KINDS =
      Map.ofEntries(
          Map.entry("v1 ConfigMap", ConfigMap.class),
          Map.entry("v1 Namespace", Namespace.class),
          Map.entry("v1 Secret", Secret.class),
          Map.entry("v1 Service", Service.class),
          Map.entry("v1 ServiceAccount", ServiceAccount.class),
          Map.entry("apps/v1 Deployment", Deployment.class),
          Map.entry("networking.k8s.io/v1 NetworkPolicy", NetworkPolicy.class),
          Map.entry("policy/v1 PodDisruptionBudget", PodDisruptionBudget.class),
          Map.entry("rbac.authorization.k8s.io/v1 Role", Role.class),
          Map.entry("rbac.authorization.k8s.io/v1 RoleBinding", RoleBinding.class),
          Map.entry("monitoring.coreos.com/v1 PodMonitor", PodMonitor.class),
          Map.entry("monitoring.coreos.com/v1 PrometheusRule", PrometheusRule.class));

  private final ObjectNode flinkDeploymentSchema = flinkDeploymentSchema();
  private final Schema flinkDeployment;
  private final com.fasterxml.jackson.databind.json.JsonMapper mapper = strictMapper();

  ObjectSchemas() throws IOException {
    this.flinkDeployment =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(flinkDeploymentSchema);
  }

  /** Whether a FlinkDeployment has that field: {@code spec.job.state}. */
  boolean hasField(String path) {
    JsonNode schema = flinkDeploymentSchema;
    for (String name : path.split("\\.", -1)) {
      schema = schema.path("properties").path(name);
    }
    return schema.isObject();
  }

  /** What is wrong with an object; empty if nothing is. */
  List<String> complaints(JsonNode object) {
    String kind = object.path("apiVersion").asString("") + " " + object.path("kind").asString("");
    if (kind.equals("flink.apache.org/v1beta1 FlinkDeployment")) {
      return Stream.concat(
              complaints(ObjectMeta.class, object.path("metadata")).stream(),
              flinkDeployment.validate(object).stream().map(Object::toString))
          .toList();
    }
    Class<?> type = KINDS.get(kind);
    return type == null
        ? List.of("nothing is known here of the kind " + kind)
        : complaints(type, object);
  }

  private List<String> complaints(Class<?> type, JsonNode object) {
    try {
      mapper.readValue(object.toString(), type);
      return List.of();
    } catch (JsonProcessingException e) {
      return List.of(e.getOriginalMessage() + " " + e);
    }
  }

  private static com.fasterxml.jackson.databind.json.JsonMapper strictMapper() {
    com.fasterxml.jackson.databind.json.JsonMapper.Builder builder =
        com.fasterxml.jackson.databind.json.JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            // The model keeps what it does not know; here that is a mistake.
            .annotationIntrospector(
                new JacksonAnnotationIntrospector() {
                  private static final long serialVersionUID = 1L;

                  @Override
                  public Boolean hasAnySetter(Annotated annotated) {
                    return false;
                  }
                });
    for (CoercionInputShape shape :
        List.of(CoercionInputShape.Integer, CoercionInputShape.Float, CoercionInputShape.Boolean)) {
      builder.withCoercionConfig(
          LogicalType.Textual, config -> config.setCoercion(shape, CoercionAction.Fail));
    }
    for (LogicalType type : List.of(LogicalType.Integer, LogicalType.Float, LogicalType.Boolean)) {
      builder.withCoercionConfig(
          type, config -> config.setCoercion(CoercionInputShape.String, CoercionAction.Fail));
    }
    return builder.build();
  }

  private static ObjectNode flinkDeploymentSchema() throws IOException {
    try (InputStream in = ObjectSchemas.class.getClassLoader().getResourceAsStream(CRD)) {
      if (in == null) {
        throw new IllegalStateException("the operator's library has no " + CRD);
      }
      JsonNode crd = Manifests.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8)).get(0);
      JsonNode version = crd.path("spec").path("versions").path(0);
      ObjectNode schema = (ObjectNode) version.path("schema").path("openAPIV3Schema");
      ((ObjectNode) schema.path("properties")).putObject("apiVersion").put("type", "string");
      ((ObjectNode) schema.path("properties")).putObject("kind").put("type", "string");
      ((ObjectNode) schema.path("properties")).putObject("metadata").put("type", "object");
      ArrayNode versions =
          (ArrayNode) schema.at("/properties/spec/properties/flinkVersion").path("enum");
      NEWER.forEach(versions::add);
      close(schema);
      return schema;
    }
  }

  /** Lets no object have a property that its schema does not name. */
  private static void close(JsonNode schema) {
    if (schema instanceof ObjectNode object && object.path("properties") instanceof ObjectNode) {
      if (!object.has("additionalProperties")
          && !object.path("x-kubernetes-preserve-unknown-fields").asBoolean(false)) {
        object.put("additionalProperties", false);
      }
    }
    schema.forEach(ObjectSchemas::close);
  }
}
