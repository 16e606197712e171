import java.util.Map;

import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.client.hotrod.RemoteCacheManagerAdmin;
import org.infinispan.commons.configuration.XMLStringConfiguration;

/** Caches made and removed at run time, schemas, tasks. */
final class AdminCases {
   private static final String LOCAL = "<local-cache/>";

   static void add(Cases cases) {
      cases.add("creates and removes caches", AdminCases::creates);
      cases.add("a cache that exists is refused by create and given by getOrCreate", AdminCases::exists);
      cases.add("whole documents and named elements are configurations too", AdminCases::documents);
      cases.add("a configuration that cannot be read leaves nothing", AdminCases::broken);
      cases.add("caches from the server's templates", AdminCases::templates);
      cases.add("a bounded cache evicts", AdminCases::bounded);
      cases.add("an unknown cache is null", AdminCases::unknown);
      cases.add("removing an unknown cache is no error", r -> r.manager.administration().removeCache(r.beside("never-made")));
      cases.add("an unknown task is refused, and the connection lives on", AdminCases::unknownTask);
      cases.since(24, "schemas in the metadata cache", AdminCases::schemas);
   }

   private static void creates(Run r) {
      String made = r.beside("made");
      RemoteCache<String, String> cache = r.create(made, LOCAL);
      cache.put("k", "v");
      Run.equal("v", cache.get("k"));
      Run.yes(r.manager.getCacheNames().contains(made), "its name is not among " + r.manager.getCacheNames());
      r.manager.administration().removeCache(made);
      Run.yes(!r.manager.getCacheNames().contains(made), "its name is still there");
      Run.refused(() -> cache.get("k"));
      RemoteCache<String, String> again = r.create(made, LOCAL);
      Run.equal(null, again.get("k"));
      r.manager.administration().removeCache(made);
   }

   private static void exists(Run r) {
      RemoteCacheManagerAdmin admin = r.manager.administration();
      Run.refused(() -> r.create(r.name, LOCAL), "ISPN000507");
      Run.refused(() -> r.create(r.name, LOCAL), r.name);
      r.cache.put("k", "v");
      RemoteCache<String, String> given = admin.getOrCreateCache(r.name, new XMLStringConfiguration(LOCAL));
      Run.equal("v", given.get("k"));
   }

   private static void documents(Run r) {
      String made = r.beside("document");
      String element = "<local-cache name=\"" + made + "\"><expiration lifespan=\"60000\"/></local-cache>";
      for (String xml : new String[] {element, "<infinispan><cache-container>" + element + "</cache-container></infinispan>"}) {
         RemoteCache<String, String> cache = r.create(made, xml);
         cache.withFlags(org.infinispan.client.hotrod.Flag.DEFAULT_LIFESPAN).put("k", "v");
         Run.equal(60, cache.getWithMetadata("k").getLifespan());
         r.manager.administration().removeCache(made);
      }
   }

   private static void broken(Run r) {
      for (String xml : new String[] {"<local-cache", "<no-such-cache/>", "<local-cache no-such-attribute=\"1\"/>", "<local-cache><memory max-count=\"many\"/></local-cache>"}) {
         Run.refused(() -> r.create(r.beside("broken"), xml));
         Run.yes(!r.manager.getCacheNames().contains(r.beside("broken")), "'" + xml + "' made a cache");
      }
      r.cache.put("k", "v");
      Run.equal("v", r.cache.get("k"));
   }

   private static void templates(Run r) {
      String made = r.beside("templated");
      RemoteCache<String, String> cache = r.manager.administration().createCache(made, "short-lived");
      cache.withFlags(org.infinispan.client.hotrod.Flag.DEFAULT_LIFESPAN).put("k", "v");
      Run.equal(30, cache.getWithMetadata("k").getLifespan());
      r.manager.administration().removeCache(made);
      Run.refused(() -> r.manager.administration().createCache(made, "no-such-template"), "no-such-template");
      Run.yes(!r.manager.getCacheNames().contains(made), "an unknown template made a cache");
   }

   private static void bounded(Run r) {
      RemoteCache<String, String> cache = r.create(r.beside("bounded"), "<local-cache><memory max-count=\"10\" when-full=\"REMOVE\"/></local-cache>");
      BulkCases.fill(cache, 100);
      Run.yes(cache.size() <= 11 && cache.size() > 0, "it holds " + cache.size());
      r.manager.administration().removeCache(r.beside("bounded"));
   }

   private static void unknown(Run r) {
      Run.equal(null, r.manager.getCache(r.beside("never-made")));
      Run.yes(r.manager.getCacheNames().contains("___protobuf_metadata"), "the internal caches are not among " + r.manager.getCacheNames());
   }

   private static void unknownTask(Run r) {
      Run.refused(() -> r.cache.execute("no-such-task", Map.of()));
      r.cache.put("k", "v");
      Run.equal("v", r.cache.get("k"));
   }

   private static void schemas(Run r) {
      RemoteCache<String, String> metadata = FormatCases.schemas(r);
      String file = r.name + ".proto";
      String good = "syntax = \"proto3\";\npackage p" + r.name.replaceAll("\\W", "") + ";\nmessage M { string name = 1; }\n";
      metadata.put(file, good);
      Run.equal(good, metadata.get(file));
      Run.equal(null, metadata.get(file + ".errors"));
      metadata.put(file, "this is no schema");
      Run.yes(metadata.get(file + ".errors") != null, "a broken schema has no error");
      Run.yes(metadata.get(".errors").contains(file), "a broken schema is not among the errors");
      metadata.put(file, good);
      Run.equal(null, metadata.get(file + ".errors"));
      Run.refused(() -> metadata.put("name without the suffix", good));
      metadata.remove(file);
      Run.equal(null, metadata.get(file));
   }

   private AdminCases() {
   }
}
