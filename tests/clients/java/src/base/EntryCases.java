import static java.util.concurrent.TimeUnit.DAYS;
import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.infinispan.client.hotrod.Flag;
import org.infinispan.client.hotrod.MetadataValue;
import org.infinispan.client.hotrod.RemoteCache;

/** Single entries: values, conditions, previous values, metadata, expiration, the asynchronous forms. */
final class EntryCases {
   static void add(Cases cases) {
      cases.add("puts, gets, removes", EntryCases::basics);
      cases.add("keeps empty, long and non-ASCII keys and values", EntryCases::sizes);
      cases.add("conditional writes", EntryCases::conditions);
      cases.add("conditional writes by version", EntryCases::versions);
      cases.add("an old version does not match after a remove and a put", EntryCases::versionsNeverReturn);
      cases.add("returns previous values when forced", EntryCases::previous);
      cases.add("conditional writes with a lifespan", EntryCases::conditionsWithLifespan);
      cases.add("metadata of immortal and mortal entries", EntryCases::metadata);
      cases.add("metadata is changed by the next write", EntryCases::metadataChanges);
      cases.since(22, "lifespans and idle times of milliseconds", EntryCases::milliseconds);
      cases.once("lifespans of seconds", EntryCases::seconds);
      cases.add("the cache's own lifespan by flag", EntryCases::defaultLifespan);
      cases.add("reads keep an idle entry alive", EntryCases::idle);
      cases.add("asynchronous forms", EntryCases::asynchronous);
      cases.add("many requests at once", EntryCases::pipelined);
      cases.add("threads increment a counter by version, and none is lost", EntryCases::counters);
   }

   private static void basics(Run r) {
      RemoteCache<String, String> c = r.cache;
      Run.equal(null, c.get("k"));
      Run.equal(null, c.put("k", "v"));
      Run.equal("v", c.get("k"));
      Run.equal(true, c.containsKey("k"));
      Run.equal(1, c.size());
      Run.equal(false, c.isEmpty());
      Run.equal("w", c.getOrDefault("absent", "w"));
      c.remove("k");
      Run.equal(false, c.containsKey("k"));
      Run.equal(null, c.get("k"));
      Run.equal(0, c.size());
      Run.equal(true, c.isEmpty());
   }

   private static void sizes(Run r) {
      String large = "x".repeat(1 << 20);
      for (String[] pair : new String[][] {{"empty", ""}, {"large", large}, {"ключ", "բարեվ"}, {"k".repeat(50000), "v"}}) {
         r.cache.put(pair[0], pair[1]);
         Run.equal(pair[1], r.cache.get(pair[0]));
      }
      Run.equal(4, r.cache.size());
   }

   private static void conditions(Run r) {
      RemoteCache<String, String> c = r.cache;
      Run.equal(null, c.replace("k", "v"));
      Run.equal(null, c.get("k"));
      Run.equal(null, c.withFlags(Flag.FORCE_RETURN_VALUE).putIfAbsent("k", "v0"));
      Run.equal("v0", c.withFlags(Flag.FORCE_RETURN_VALUE).putIfAbsent("k", "v1"));
      Run.equal("v0", c.get("k"));
      Run.equal("v0", c.withFlags(Flag.FORCE_RETURN_VALUE).replace("k", "v1"));
      Run.equal("v1", c.get("k"));
   }

   private static void versions(Run r) {
      RemoteCache<String, String> c = r.cache;
      c.put("k", "v0");
      long version = c.getWithMetadata("k").getVersion();
      Run.equal(false, c.replaceWithVersion("absent", "v", version));
      Run.equal(true, c.replaceWithVersion("k", "v1", version));
      Run.equal(false, c.replaceWithVersion("k", "v2", version));
      Run.equal(false, c.removeWithVersion("k", version));
      Run.equal(false, c.removeWithVersion("absent", version));
      Run.equal("v1", c.get("k"));
      MetadataValue<String> now = c.getWithMetadata("k");
      Run.yes(now.getVersion() != version, "the version did not change");
      Run.equal(true, c.replaceWithVersion("k", "v2", now.getVersion(), 100, 50));
      Run.equal(100, c.getWithMetadata("k").getLifespan());
      Run.equal(50, c.getWithMetadata("k").getMaxIdle());
      Run.equal(true, c.removeWithVersion("k", c.getWithMetadata("k").getVersion()));
      Run.equal(null, c.getWithMetadata("k"));
      c.put("k", "a");
      Run.equal(false, c.replace("k", "b", "c"));
      Run.equal(true, c.replace("k", "a", "b"));
      Run.equal(false, c.remove("k", "a"));
      Run.equal(true, c.remove("k", "b"));
      Run.equal(false, c.remove("k", "b"));
   }

   private static void versionsNeverReturn(Run r) {
      r.cache.put("k", "v");
      long version = r.cache.getWithMetadata("k").getVersion();
      r.cache.remove("k");
      r.cache.put("k", "v");
      Run.equal(false, r.cache.replaceWithVersion("k", "w", version));
      r.cache.clear();
      r.cache.put("k", "v");
      Run.equal(false, r.cache.removeWithVersion("k", version));
   }

   private static void previous(Run r) {
      RemoteCache<String, String> c = r.cache;
      Run.equal(null, c.withFlags(Flag.FORCE_RETURN_VALUE).put("k", "v0"));
      Run.equal("v0", c.withFlags(Flag.FORCE_RETURN_VALUE).put("k", "v1"));
      Run.equal(null, c.put("k", "v2"));
      Run.equal("v2", c.withFlags(Flag.FORCE_RETURN_VALUE).replace("k", "v3"));
      Run.equal(null, c.withFlags(Flag.FORCE_RETURN_VALUE).replace("absent", "v"));
      Run.equal("v3", c.withFlags(Flag.FORCE_RETURN_VALUE).remove("k"));
      Run.equal(null, c.withFlags(Flag.FORCE_RETURN_VALUE).remove("k"));
      c.put("empty", "");
      Run.equal("", c.withFlags(Flag.FORCE_RETURN_VALUE).put("empty", "v"));
   }

   private static void conditionsWithLifespan(Run r) {
      RemoteCache<String, String> c = r.cache;
      c.putIfAbsent("k", "v", 1, HOURS);
      Run.equal(3600, c.getWithMetadata("k").getLifespan());
      c.putIfAbsent("k", "w", 2, HOURS);
      Run.equal(3600, c.getWithMetadata("k").getLifespan());
      c.replace("k", "w", 2, HOURS, 1, HOURS);
      Run.equal(7200, c.getWithMetadata("k").getLifespan());
      Run.equal(3600, c.getWithMetadata("k").getMaxIdle());
   }

   private static void metadata(Run r) {
      RemoteCache<String, String> c = r.cache;
      long before = System.currentTimeMillis() - 2000;
      c.put("immortal", "v");
      MetadataValue<String> immortal = c.getWithMetadata("immortal");
      Run.equal("v", immortal.getValue());
      Run.equal(-1, immortal.getLifespan());
      Run.equal(-1, immortal.getMaxIdle());
      Run.equal(-1L, immortal.getCreated());
      Run.equal(-1L, immortal.getLastUsed());
      c.put("mortal", "v", 1, DAYS, 2, HOURS);
      MetadataValue<String> mortal = c.getWithMetadata("mortal");
      Run.equal(86400, mortal.getLifespan());
      Run.equal(7200, mortal.getMaxIdle());
      Run.yes(mortal.getCreated() >= before && mortal.getCreated() <= System.currentTimeMillis() + 2000, "created " + mortal.getCreated());
      Run.yes(mortal.getLastUsed() >= mortal.getCreated(), "last used " + mortal.getLastUsed());
      Run.equal(null, c.getWithMetadata("absent"));
   }

   private static void metadataChanges(Run r) {
      r.cache.put("k", "v", 1, HOURS);
      r.cache.put("k", "w");
      Run.equal(-1, r.cache.getWithMetadata("k").getLifespan());
      if (r.protocol >= 30) {  // before, more than 30 days are a moment since 1970
         r.cache.put("k", "v", 40, DAYS);
         Run.equal(40 * 86400, r.cache.getWithMetadata("k").getLifespan());
      }
   }

   private static long now() {
      return System.nanoTime() / 1_000_000;
   }

   private static void milliseconds(Run r) throws Exception {
      RemoteCache<String, String> c = r.cache;
      long put = now();
      c.put("lifespan", "v", 150, MILLISECONDS);
      c.put("idle", "v", -1, MILLISECONDS, 150, MILLISECONDS);
      String[] early = {c.get("lifespan"), c.get("idle")};
      if (now() - put < 150) {  // on a busy machine it may be over
         Run.equal("v", early[0]);
         Run.equal("v", early[1]);
      }
      Thread.sleep(250);
      Run.equal(null, c.get("lifespan"));
      Run.equal(null, c.get("idle"));
      Run.equal(false, c.containsKey("lifespan"));
      Run.equal(0, c.size());
   }

   private static void seconds(Run r) throws Exception {
      r.cache.put("k", "v", 1, SECONDS);
      Run.equal("v", r.cache.get("k"));
      Thread.sleep(1200);
      Run.equal(null, r.cache.get("k"));
      Run.equal(null, r.cache.withFlags(Flag.FORCE_RETURN_VALUE).putIfAbsent("k", "w"));
   }

   private static void defaultLifespan(Run r) {
      RemoteCache<String, String> c = r.create(r.beside("expiring"), "<local-cache><expiration lifespan=\"100000\" max-idle=\"50000\"/></local-cache>");
      c.withFlags(Flag.DEFAULT_LIFESPAN, Flag.DEFAULT_MAXIDLE).put("k", "v");
      Run.equal(100, c.getWithMetadata("k").getLifespan());
      Run.equal(50, c.getWithMetadata("k").getMaxIdle());
      c.put("own", "v", 10, SECONDS, 5, SECONDS);
      Run.equal(10, c.getWithMetadata("own").getLifespan());
      Run.equal(5, c.getWithMetadata("own").getMaxIdle());
      r.manager.administration().removeCache(r.beside("expiring"));
   }

   private static void idle(Run r) throws Exception {
      if (r.protocol < 22) {
         return;
      }
      r.cache.put("k", "v", -1, MILLISECONDS, 300, MILLISECONDS);
      long touched = now();
      for (int i = 0; i < 4; ++i) {
         Thread.sleep(120);
         String seen = r.cache.get("k");
         if (now() - touched >= 300) {
            return;  // the machine was too busy to say
         }
         touched = now();
         Run.equal("v", seen);
      }
   }

   private static void asynchronous(Run r) throws Exception {
      RemoteCache<String, String> c = r.cache;
      Run.equal(null, c.putAsync("k", "v0").get());
      Run.equal("v0", c.getAsync("k").get());
      Run.equal(true, c.containsKeyAsync("k").get());
      Run.equal("v0", c.withFlags(Flag.FORCE_RETURN_VALUE).putIfAbsentAsync("k", "v1").get());
      Run.equal("v0", c.withFlags(Flag.FORCE_RETURN_VALUE).replaceAsync("k", "v1").get());
      MetadataValue<String> meta = c.getWithMetadataAsync("k").get();
      Run.equal("v1", meta.getValue());
      Run.equal(true, c.replaceWithVersionAsync("k", "v2", meta.getVersion()).get());
      Run.equal(false, c.replaceWithVersionAsync("k", "v3", meta.getVersion()).get());
      Run.equal(false, c.removeWithVersionAsync("k", meta.getVersion()).get());
      Run.equal("v2", c.withFlags(Flag.FORCE_RETURN_VALUE).removeAsync("k").get());
      c.putAllAsync(Map.of("a", "1", "b", "2")).get();
      Run.equal("1", c.getAsync("a").get());
      Run.equal("1", c.withFlags(Flag.FORCE_RETURN_VALUE).putAsync("a", "2", 1, HOURS).get());
      c.clearAsync().get();
      Run.equal(null, c.getAsync("a").get());
   }

   private static void pipelined(Run r) {
      List<CompletableFuture<String>> puts = new ArrayList<>();
      for (int i = 0; i < 500; ++i) {
         puts.add(r.cache.putAsync("k" + i, "v" + i));
      }
      puts.forEach(CompletableFuture::join);
      List<CompletableFuture<String>> gets = new ArrayList<>();
      for (int i = 0; i < 500; ++i) {
         gets.add(r.cache.getAsync("k" + i));
      }
      for (int i = 0; i < 500; ++i) {
         Run.equal("v" + i, gets.get(i).join());
      }
      Run.equal(500, r.cache.size());
   }

   private static void counters(Run r) throws Exception {
      r.cache.put("n", "0");
      ExecutorService threads = Executors.newFixedThreadPool(4);
      List<Future<?>> running = new ArrayList<>();
      for (int t = 0; t < 4; ++t) {
         running.add(threads.submit(() -> {
            for (int done = 0; done < 25; ) {
               MetadataValue<String> now = r.cache.getWithMetadata("n");
               String next = String.valueOf(Integer.parseInt(now.getValue()) + 1);
               done += r.cache.replaceWithVersion("n", next, now.getVersion()) ? 1 : 0;
            }
         }));
      }
      for (Future<?> f : running) {
         f.get();
      }
      threads.shutdown();
      Run.equal("100", r.cache.get("n"));
      Run.equal(Set.of("n"), r.cache.keySet().stream().collect(java.util.stream.Collectors.toSet()));
   }

   private EntryCases() {
   }
}
