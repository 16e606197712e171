import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;

import org.infinispan.client.hotrod.Flag;
import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.client.hotrod.RemoteCacheManager;
import org.infinispan.client.hotrod.annotation.ClientCacheEntryCreated;
import org.infinispan.client.hotrod.annotation.ClientCacheEntryExpired;
import org.infinispan.client.hotrod.annotation.ClientCacheEntryModified;
import org.infinispan.client.hotrod.annotation.ClientCacheEntryRemoved;
import org.infinispan.client.hotrod.annotation.ClientListener;
import org.infinispan.client.hotrod.event.ClientCacheEntryCreatedEvent;
import org.infinispan.client.hotrod.event.ClientCacheEntryCustomEvent;
import org.infinispan.client.hotrod.event.ClientCacheEntryExpiredEvent;
import org.infinispan.client.hotrod.event.ClientCacheEntryModifiedEvent;
import org.infinispan.client.hotrod.event.ClientCacheEntryRemovedEvent;

/** Listeners of every kind, and near caches, which live on them. */
final class EventCases {
   private static final String PREFIX = "infinispan.client.hotrod.";

   // From 2.1 on: at 2.0 these clients read an event's version before its key, which is no version of the protocol.
   static void add(Cases cases) {
      cases.since(21, "a listener hears created, modified, removed", EventCases::hears);
      cases.since(21, "a listener hears expired entries", EventCases::expired);
      cases.since(21, "a listener with state hears what is there first", EventCases::state);
      cases.since(21, "a removed listener hears nothing", EventCases::removed);
      cases.since(21, "two listeners each hear everything", EventCases::two);
      cases.since(21, "conditional writes and writes of many keys are heard once", EventCases::conditional);
      cases.since(26, "a listener of one kind hears only that kind", EventCases::kinds);
      cases.since(30, "no event for writes that say so", EventCases::silent);
      cases.since(21, "a thousand events come in the order of the writes", EventCases::order);
      cases.since(21, "an unknown filter or converter is refused", EventCases::unknownFactory);
      cases.since(28, "the converter with the previous value", EventCases::previous);
      cases.since(21, "a near cache answers by itself and forgets what others change", r -> nearCache(r, false));
      cases.since(31, "a near cache with a bloom filter", r -> nearCache(r, true));
   }

   @ClientListener
   public static class Ear {
      final List<String> heard = Collections.synchronizedList(new ArrayList<>());
      final List<Long> versions = Collections.synchronizedList(new ArrayList<>());

      @ClientCacheEntryCreated
      public void created(ClientCacheEntryCreatedEvent<String> e) {
         versions.add(e.getVersion());
         heard.add("created " + e.getKey());
      }

      @ClientCacheEntryModified
      public void modified(ClientCacheEntryModifiedEvent<String> e) {
         versions.add(e.getVersion());
         heard.add("modified " + e.getKey());
      }

      @ClientCacheEntryRemoved
      public void removed(ClientCacheEntryRemovedEvent<String> e) {
         heard.add("removed " + e.getKey());
      }

      @ClientCacheEntryExpired
      public void expired(ClientCacheEntryExpiredEvent<String> e) {
         heard.add("expired " + e.getKey());
      }

      void wait(String... expected) throws Exception {
         Run.until(() -> heard.size() >= expected.length, "events " + List.of(expected) + ", heard " + heard);
         Run.equal(List.of(expected), List.copyOf(heard));
      }
   }

   @ClientListener(includeCurrentState = true)
   public static final class StateEar extends Ear {
   }

   @ClientListener
   public static final class RemovalEar {
      final List<String> heard = Collections.synchronizedList(new ArrayList<>());

      @ClientCacheEntryRemoved
      public void removed(ClientCacheEntryRemovedEvent<String> e) {
         heard.add(e.getKey());
      }
   }

   @ClientListener(filterFactoryName = "no-such-factory")
   public static final class UnknownFilterEar extends Ear {
   }

   @ClientListener(converterFactoryName = "no-such-factory")
   public static final class UnknownConverterEar extends Ear {
   }

   @ClientListener(converterFactoryName = "key-value-with-previous-converter-factory")
   public static final class PreviousEar {
      final List<String> heard = Collections.synchronizedList(new ArrayList<>());

      @ClientCacheEntryCreated
      @ClientCacheEntryModified
      @ClientCacheEntryRemoved
      public void changed(ClientCacheEntryCustomEvent<Object> e) {
         heard.add(e.getType() + " " + e.getEventData());
      }
   }

   private static void hears(Run r) throws Exception {
      Ear ear = new Ear();
      r.cache.addClientListener(ear);
      r.cache.put("k", "v0");
      long first = r.cache.getWithMetadata("k").getVersion();
      r.cache.put("k", "v1");
      long second = r.cache.getWithMetadata("k").getVersion();
      r.cache.remove("k");
      ear.wait("created k", "modified k", "removed k");
      Run.equal(List.of(first, second), List.copyOf(ear.versions));
      r.cache.removeClientListener(ear);
   }

   private static void expired(Run r) throws Exception {
      Ear ear = new Ear();
      r.cache.addClientListener(ear);
      boolean fine = r.protocol >= 22;
      r.cache.put("k", "v", fine ? 60 : 1000, MILLISECONDS);
      Thread.sleep(fine ? 100 : 1100);
      Run.equal(null, r.cache.get("k"));
      ear.wait("created k", "expired k");
      r.cache.removeClientListener(ear);
   }

   private static void state(Run r) throws Exception {
      BulkCases.fill(r.cache, 20);
      StateEar ear = new StateEar();
      r.cache.addClientListener(ear);
      Run.until(() -> ear.heard.size() >= 20, "the state, heard " + ear.heard.size());
      Run.equal(BulkCases.fill(r.cache, 0).size() + 20, Set.copyOf(ear.heard).size());
      r.cache.put("new", "v");
      Run.until(() -> ear.heard.contains("created new"), "the new entry");
      r.cache.removeClientListener(ear);
   }

   private static void removed(Run r) throws Exception {
      Ear gone = new Ear();
      Ear stays = new Ear();
      r.cache.addClientListener(gone);
      r.cache.addClientListener(stays);
      r.cache.removeClientListener(gone);
      r.cache.put("k", "v");
      stays.wait("created k");
      Run.equal(List.of(), gone.heard);
      r.cache.removeClientListener(stays);
   }

   private static void two(Run r) throws Exception {
      Ear one = new Ear();
      Ear other = new Ear();
      RemoteCacheManager second = r.connect(r.properties());
      RemoteCache<String, String> there = second.getCache(r.name);
      r.cache.addClientListener(one);
      there.addClientListener(other);
      r.cache.put("k", "v");
      there.put("k", "w");
      one.wait("created k", "modified k");
      other.wait("created k", "modified k");
      r.cache.removeClientListener(one);
      there.removeClientListener(other);
   }

   private static void conditional(Run r) throws Exception {
      Ear ear = new Ear();
      r.cache.addClientListener(ear);
      r.cache.putIfAbsent("k", "v");
      r.cache.putIfAbsent("k", "w");
      r.cache.replace("absent", "v");
      r.cache.replace("k", "w");
      long version = r.cache.getWithMetadata("k").getVersion();
      r.cache.replaceWithVersion("k", "x", version);
      r.cache.replaceWithVersion("k", "y", version);
      r.cache.removeWithVersion("k", version);
      r.cache.putAll(Map.of("all", "v"));
      r.cache.removeWithVersion("k", r.cache.getWithMetadata("k").getVersion());
      ear.wait("created k", "modified k", "modified k", "created all", "removed k");
      r.cache.removeClientListener(ear);
   }

   private static void kinds(Run r) throws Exception {
      RemovalEar ear = new RemovalEar();
      r.cache.addClientListener(ear);
      r.cache.put("k", "v");
      r.cache.put("k", "w");
      r.cache.remove("k");
      Run.until(() -> !ear.heard.isEmpty(), "the removal");
      Run.equal(List.of("k"), List.copyOf(ear.heard));
      r.cache.removeClientListener(ear);
   }

   private static void silent(Run r) throws Exception {
      Ear ear = new Ear();
      r.cache.addClientListener(ear);
      r.cache.withFlags(Flag.SKIP_LISTENER_NOTIFICATION).put("silent", "v");
      r.cache.put("loud", "v");
      ear.wait("created loud");
      r.cache.removeClientListener(ear);
   }

   private static void order(Run r) throws Exception {
      Ear ear = new Ear();
      r.cache.addClientListener(ear);
      for (int i = 0; i < 1000; ++i) {
         r.cache.put("k", "v" + i);
      }
      Run.until(() -> ear.heard.size() >= 1000, "1000 events");
      Run.equal(1000, ear.heard.size());
      Run.equal(1000, ear.versions.stream().collect(Collectors.toSet()).size());
      Run.equal(r.cache.getWithMetadata("k").getVersion(), ear.versions.get(999));
      r.cache.removeClientListener(ear);
   }

   private static void unknownFactory(Run r) {
      Run.refused(() -> {
         r.cache.addClientListener(new UnknownFilterEar());
         return null;
      }, "no-such-factory");
      Run.refused(() -> {
         r.cache.addClientListener(new UnknownConverterEar());
         return null;
      }, "no-such-factory");
      r.cache.put("k", "v");
      Run.equal("v", r.cache.get("k"));
   }

   private static void previous(Run r) throws Exception {
      RemoteCache<String, String> text = FormatCases.text(r.<String, String>create(r.beside("previous"), "<local-cache><encoding media-type=\"text/plain\"/></local-cache>"));
      PreviousEar ear = new PreviousEar();
      text.addClientListener(ear);
      text.put("k", "v0");
      text.put("k", "v1");
      text.remove("k");
      Run.until(() -> ear.heard.size() >= 3, "three events, heard " + ear.heard);
      String name = "KeyValueWithPrevious{key=k, value=";
      Run.equal(List.of("CLIENT_CACHE_ENTRY_CREATED " + name + "v0, prev=null}", "CLIENT_CACHE_ENTRY_MODIFIED " + name + "v1, prev=v0}",
                        "CLIENT_CACHE_ENTRY_REMOVED " + name + "null, prev=v1}"), List.copyOf(ear.heard));
      text.removeClientListener(ear);
      r.manager.administration().removeCache(r.beside("previous"));
   }

   private static void nearCache(Run r, boolean bloom) throws Exception {
      Properties p = r.properties();
      p.setProperty(PREFIX + "near_cache.mode", "INVALIDATED");  // of clients before 11; later ones know it by cache
      p.setProperty(PREFIX + "near_cache.max_entries", "100");
      String mine = PREFIX + "cache.[" + r.name + "].near_cache.";
      p.setProperty(mine + "mode", "INVALIDATED");
      p.setProperty(mine + "max_entries", "100");
      p.setProperty(mine + "bloom_filter", String.valueOf(bloom));
      if (bloom) {
         p.setProperty(PREFIX + "connection_pool.max_active", "1");
         p.setProperty(PREFIX + "connection_pool.exhausted_action", "WAIT");
      }
      RemoteCacheManager manager = r.connect(p);
      RemoteCache<String, String> near = manager.getCache(r.name);
      BulkCases.fill(r.cache, 10);
      for (int i = 0; i < 10; ++i) {
         Run.equal("v" + i, near.get("k" + i));
      }
      long retrievals = Long.parseLong(r.cache.serverStatistics().getStatistic("retrievals"));
      for (int i = 0; i < 10; ++i) {
         Run.equal("v" + i, near.get("k" + i));
      }
      Run.equal(retrievals, Long.parseLong(r.cache.serverStatistics().getStatistic("retrievals")));
      r.cache.put("k1", "new");
      r.cache.remove("k2");
      Run.until(() -> "new".equals(near.get("k1")), "the changed entry");
      Run.until(() -> near.get("k2") == null, "the removed entry");
      near.put("k3", "own");
      Run.equal("own", near.get("k3"));
      Run.equal("own", r.cache.get("k3"));
      r.cache.clear();
      Run.until(() -> near.get("k4") == null, "the cleared entry");
      Run.stop(manager);
   }

   private EventCases() {
   }
}
