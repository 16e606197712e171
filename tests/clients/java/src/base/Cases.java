import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The list of cases, each with the protocol versions that can carry it. */
public final class Cases {
   public interface Body {
      void run(Run run) throws Exception;
   }

   static final class Case {
      final String name;
      final int oldest;
      final int newest;
      final boolean once;
      final Body body;

      Case(String name, int oldest, int newest, boolean once, Body body) {
         this.name = name;
         this.oldest = oldest;
         this.newest = newest;
         this.once = once;
         this.body = body;
      }
   }

   private final List<Case> cases = new ArrayList<>();

   public void add(String name, Body body) {
      cases.add(new Case(name, 20, 99, false, body));
   }

   /** Only from protocol version `oldest` on (25 is 2.5). */
   public void since(int oldest, String name, Body body) {
      cases.add(new Case(name, oldest, 99, false, body));
   }

   public void until(int newest, String name, Body body) {
      cases.add(new Case(name, 20, newest, false, body));
   }

   /** Slow ones that no protocol version changes: with the first version only. */
   public void once(String name, Body body) {
      cases.add(new Case(name, 20, 99, true, body));
   }

   List<Case> at(Run run) {
      return cases.stream().filter(c -> run.protocol >= c.oldest && run.protocol <= c.newest && (run.first || !c.once)).collect(Collectors.toList());
   }
}
