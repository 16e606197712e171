import java.util.List;

import org.infinispan.client.hotrod.RemoteCache;
import org.infinispan.client.hotrod.RemoteCacheManager;
import org.infinispan.commons.configuration.XMLStringConfiguration;

/** Every SASL mechanism with a right and a wrong password, and what a user without permissions may do. */
final class SecurityCases {
   /** What the JDK has; clients from 10 on bring the others. */
   static final List<String> OLD = List.of("PLAIN", "DIGEST-MD5");

   static void add(Cases cases) {
      for (String mechanism : OLD) {
         mechanism(cases, mechanism);
      }
      cases.add("an observer reads, and is refused what changes", SecurityCases::observes);
   }

   static void mechanism(Cases cases, String mechanism) {
      cases.add(mechanism + ": the right password enters", r -> enters(r, mechanism));
      cases.once(mechanism + ": a wrong password and an unknown user do not enter", r -> refuses(r, mechanism));
   }

   private static void enters(Run r, String mechanism) {
      RemoteCacheManager manager = r.connect(r.properties(mechanism, Run.USER, Run.PASSWORD));
      RemoteCache<String, String> cache = manager.getCache(r.name);
      cache.put(mechanism, "v");
      Run.equal("v", cache.get(mechanism));
      Run.stop(manager);
   }

   private static void refuses(Run r, String mechanism) {
      for (String[] who : new String[][] {{Run.USER, "wrong"}, {"nobody", Run.PASSWORD}, {Run.USER, ""}}) {
         RemoteCacheManager manager = r.connect(r.properties(mechanism, who[0], who[1]));
         Run.refused(() -> manager.getCache(r.name).get("k"));
         Run.stop(manager);
      }
      r.cache.put("k", "others are not disturbed");
      Run.equal("others are not disturbed", r.cache.get("k"));
   }

   private static void observes(Run r) {
      String name = r.beside("guarded");
      RemoteCache<String, String> guarded = r.create(name, "<local-cache><security><authorization/></security></local-cache>");
      guarded.put("k", "v");
      RemoteCacheManager manager = r.connect(r.properties("PLAIN", "reader", "secret"));
      RemoteCache<String, String> seen = manager.getCache(name);
      Run.equal("v", seen.get("k"));
      Run.equal("v", seen.getWithMetadata("k").getValue());
      Run.refused(() -> seen.put("k", "w"), "ISPN000287");
      Run.refused(() -> seen.remove("k"), "ISPN000287");
      Run.refused(() -> {
         seen.clear();
         return null;
      }, "ISPN000287");
      Run.refused(() -> manager.administration().createCache(r.beside("stolen"), new XMLStringConfiguration("<local-cache/>")), "ISPN000287");
      Run.equal("v", seen.get("k"));
      Run.stop(manager);
      r.manager.administration().removeCache(name);
   }

   private SecurityCases() {
   }
}
