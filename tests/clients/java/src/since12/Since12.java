import java.util.List;
import java.util.Map;
import java.util.Set;

import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.client.hotrod.RemoteCacheManagerAdmin;
import org.infinispan.commons.api.CacheContainerAdmin;
import org.infinispan.commons.configuration.XMLStringConfiguration;

/** API that the clients from 12 on have. */
public final class Since12 {
   public static void add(Cases cases) {
      for (String mechanism : List.of("SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-384", "SCRAM-SHA-512")) {
         SecurityCases.mechanism(cases, mechanism);
      }
      cases.add("computes", Since12::computes);
      cases.add("several entries at once, asynchronously", r -> {
         r.cache.putAllAsync(Map.of("a", "1", "b", "2")).get();
         Run.equal(Map.of("a", "1", "b", "2"), r.cache.getAllAsync(Set.of("a", "b", "absent")).get());
      });
      cases.add("makes and removes templates", Since12::templates);
      cases.add("volatile caches", Since12::volatiles);
      cases.add("the size, asynchronously", r -> {
         BulkCases.fill(r.cache, 7);
         Run.equal(7L, r.cache.sizeAsync().get());
      });
   }

   private static void computes(Run r) {
      RemoteCache<String, String> c = r.cache;
      Run.equal("new", c.compute("k", (k, v) -> v == null ? "new" : "other"));
      Run.equal("new?", c.compute("k", (k, v) -> v + "?"));
      Run.equal(null, c.compute("absent", (k, v) -> null));
      Run.equal(null, c.compute("k", (k, v) -> null));
      Run.equal(null, c.get("k"));
   }

   private static void templates(Run r) {
      String template = r.beside("template");
      String made = r.beside("from-template");
      r.manager.administration().createTemplate(template, new XMLStringConfiguration("<local-cache><expiration lifespan=\"20000\"/></local-cache>"));
      RemoteCache<String, String> cache = r.manager.administration().createCache(made, template);
      cache.withFlags(org.infinispan.client.hotrod.Flag.DEFAULT_LIFESPAN).put("k", "v");
      Run.equal(20, cache.getWithMetadata("k").getLifespan());
      r.manager.administration().removeCache(made);
      r.manager.administration().removeTemplate(template);
      Run.refused(() -> r.manager.administration().createCache(made, template), template);
   }

   private static void volatiles(Run r) {
      String made = r.beside("volatile");
      RemoteCacheManagerAdmin admin = r.manager.administration().withFlags(CacheContainerAdmin.AdminFlag.VOLATILE);
      RemoteCache<String, String> cache = admin.createCache(made, new XMLStringConfiguration("<local-cache/>"));
      cache.put("k", "v");
      Run.equal("v", cache.get("k"));
      admin.removeCache(made);
   }

   private Since12() {
   }
}
