import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Main LABEL PORT PROTOCOL...: every case at every protocol version; "ok NAME" or "FAILED NAME" with indented lines. */
public final class Main {
   private static final int CASE_SECONDS = 60;
   private static final Logger ROOT = Logger.getLogger("");
   private static final ExecutorService THREAD = Executors.newCachedThreadPool(task -> {
      Thread thread = new Thread(task);
      thread.setDaemon(true);
      return thread;
   });

   public static void main(String[] arguments) {
      LogManager.getLogManager().reset();
      ROOT.setLevel(Level.OFF);
      Cases cases = new Cases();
      EntryCases.add(cases);
      BulkCases.add(cases);
      EventCases.add(cases);
      AdminCases.add(cases);
      FormatCases.add(cases);
      SecurityCases.add(cases);
      newer("Since12", cases);
      newer("Since16", cases);
      for (int i = 2; i < arguments.length; ++i) {
         System.out.println("protocol " + arguments[i]);
         all(cases, new Run(arguments[0], Integer.parseInt(arguments[1]), arguments[i], i == 2));
      }
      System.out.println("done");
      System.exit(0);
   }

   /** Cases of API that older clients lack: compiled in only where it exists. */
   private static void newer(String name, Cases cases) {
      try {
         Class.forName(name).getMethod("add", Cases.class).invoke(null, cases);
      } catch (ClassNotFoundException absent) {
         return;
      } catch (ReflectiveOperationException e) {
         throw new IllegalStateException(e);
      }
   }

   private static void all(Cases cases, Run run) {
      if (!one("connects and creates its caches", run, Run::open)) {
         return;
      }
      for (Cases.Case c : cases.at(run)) {
         one(c.name, run, r -> {
            r.cache.clear();
            c.body.run(r);
         });
      }
      one("removes its caches", run, Run::close);
   }

   private static boolean one(String name, Run run, Cases.Body body) {
      Future<?> done = THREAD.submit(() -> {
         body.run(run);
         return null;
      });
      try {
         done.get(CASE_SECONDS, TimeUnit.SECONDS);
         System.out.println("ok " + name);
         return true;
      } catch (TimeoutException late) {
         done.cancel(true);
         failed(name, "not done within " + CASE_SECONDS + " s", null);
      } catch (ExecutionException e) {
         failed(name, String.valueOf(e.getCause()), e.getCause());
      } catch (InterruptedException e) {
         throw new IllegalStateException(e);
      }
      return false;
   }

   private static void failed(String name, String why, Throwable cause) {
      List<String> lines = new ArrayList<>(List.of(why.split("\n")));
      for (Throwable t = cause; t != null; t = t.getCause()) {
         if (t != cause) {
            lines.add("caused by " + String.valueOf(t).replace('\n', ' '));
         }
         for (StackTraceElement frame : t.getStackTrace()) {
            if (lines.size() < 25) {
               lines.add("  at " + frame);
            }
         }
      }
      System.out.println("FAILED " + name + "\n    " + String.join("\n    ", lines));
   }
}
