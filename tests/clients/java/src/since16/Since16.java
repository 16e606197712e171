import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

import org.infinispan.client.hotrod.DefaultTemplate;
import org.infinispan.client.hotrod.MetadataValue;
import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.client.hotrod.RemoteSchemasAdmin;
import org.infinispan.client.hotrod.RemoteSchemasAdmin.SchemaOpResultType;
import org.infinispan.commons.configuration.StringConfiguration;
import org.infinispan.protostream.schema.Schema;
import org.infinispan.protostream.schema.Type;

import io.reactivex.rxjava3.core.Flowable;

/** API that the client 16 has. */
public final class Since16 {
   public static void add(Cases cases) {
      cases.add("changes a setting of a running cache", Since16::attribute);
      cases.add("another name for a cache", Since16::alias);
      cases.add("configurations in JSON and YAML", Since16::formats);
      cases.add("the client's own templates", r -> {
         RemoteCache<String, String> cache = r.manager.administration().getOrCreateCache(r.beside("default"), DefaultTemplate.LOCAL);
         cache.put("k", "v");
         Run.equal("v", cache.get("k"));
         r.manager.administration().removeCache(r.beside("default"));
      });
      cases.add("computes an absent entry", r -> {
         Run.equal("new", r.cache.computeIfAbsent("k", k -> "new"));
         Run.equal("new", r.cache.computeIfAbsent("k", k -> "other"));
      });
      cases.add("publishes entries", Since16::publishes);
      cases.add("administers schemas", Since16::schemas);
      cases.add("statistics, asynchronously", r -> Run.yes(r.cache.serverStatisticsAsync().toCompletableFuture().get().getStatistic("stores") != null, "no statistics"));
   }

   private static void attribute(Run r) {
      String name = r.beside("changing");
      RemoteCache<String, String> cache = r.create(name, "<local-cache><memory max-count=\"1000\"/></local-cache>");
      r.manager.administration().updateConfigurationAttribute(name, "memory.max-count", "10");
      BulkCases.fill(cache, 100);
      Run.yes(cache.size() <= 11, "it holds " + cache.size());
      Run.refused(() -> {
         r.manager.administration().updateConfigurationAttribute(name, "no.such", "10");
         return null;
      });
      r.manager.administration().removeCache(name);
   }

   private static void alias(Run r) {
      String alias = r.beside("alias");
      r.cache.put("k", "v");
      r.manager.administration().assignAlias(alias, r.name);
      RemoteCache<String, String> other = r.manager.getCache(alias);
      Run.yes(other != null, "the alias is unknown");
      Run.equal("v", other.get("k"));
      other.put("k", "w");
      Run.equal("w", r.cache.get("k"));
   }

   private static void formats(Run r) {
      String[] texts = {"{\"local-cache\": {\"expiration\": {\"lifespan\": \"60000\"}}}", "localCache:\n  expiration:\n    lifespan: \"60000\"\n"};
      for (String text : texts) {
         String name = r.beside("format");
         RemoteCache<String, String> cache = r.manager.administration().createCache(name, new StringConfiguration(text));
         cache.withFlags(org.infinispan.client.hotrod.Flag.DEFAULT_LIFESPAN).put("k", "v");
         Run.equal(60, cache.getWithMetadata("k").getLifespan());
         r.manager.administration().removeCache(name);
      }
   }

   private static void publishes(Run r) {
      Map<String, String> all = BulkCases.fill(r.cache, 120);
      Map<String, String> seen = new HashMap<>();
      Flowable.fromPublisher(r.cache.<String>publishEntries(null, null, null, 16)).blockingForEach(e -> seen.put(e.getKey(), e.getValue()));
      Run.equal(all, seen);
      Set<String> keys = new HashSet<>();
      for (Map.Entry<String, MetadataValue<String>> e : Flowable.fromPublisher(r.cache.publishEntriesWithMetadata(null, 16)).blockingIterable()) {
         Run.equal(-1, e.getValue().getLifespan());
         keys.add(e.getKey());
      }
      Run.equal(all.keySet(), keys);
   }

   private static void schemas(Run r) {
      RemoteSchemasAdmin admin = r.manager.administration().schemas();
      String name = r.name + "-admin.proto";
      Schema good = new Schema.Builder(name).packageName("a" + r.name.replaceAll("\\W", "")).addMessage("M").addField(Type.Scalar.STRING, "name", 1).build();
      Run.equal(false, admin.exists(name));
      Run.equal(SchemaOpResultType.CREATED, admin.create(good).getType());
      Run.equal(SchemaOpResultType.NONE, admin.create(good).getType());
      Run.equal(true, admin.exists(name));
      Run.equal(SchemaOpResultType.NONE, admin.createOrUpdate(good).getType());
      Run.equal(SchemaOpResultType.UPDATED, admin.update(good, true).getType());
      Run.equal(false, admin.retrieveError(name).isPresent());
      Run.equal(good.getContent(), admin.get(name).get().getContent());
      Run.equal(SchemaOpResultType.DELETED, admin.remove(name).getType());
      Run.equal(SchemaOpResultType.NONE, admin.remove(name).getType());
      Run.equal(false, admin.exists(name));
   }

   private Since16() {
   }
}
