// One function per operation; operations.cpp lists them. Each reads its body, asks the call whether it may go on, runs,
// and answers.
//
// Owner: nothing.  Threads: the connection's loop.  Waits: as the operation.  Fails with: an answer.
#pragma once

namespace holdfast::hotrod {

class Call;

// entry_handlers.cpp
void handle_get(Call&);
void handle_get_with_version(Call&);
void handle_get_with_metadata(Call&);
void handle_contains_key(Call&);
void handle_put(Call&);
void handle_put_if_absent(Call&);
void handle_replace(Call&);
void handle_replace_if_unmodified(Call&);
void handle_remove(Call&);
void handle_remove_if_unmodified(Call&);

// bulk_handlers.cpp
void handle_get_all(Call&);
void handle_put_all(Call&);
void handle_clear(Call&);
void handle_size(Call&);
void handle_stats(Call&);
void handle_bulk_get(Call&);
void handle_bulk_get_keys(Call&);

// iteration_handlers.cpp
void handle_iteration_start(Call&);
void handle_iteration_next(Call&);
void handle_iteration_end(Call&);

// stream_handlers.cpp
void handle_get_stream(Call&);
void handle_put_stream(Call&);
void handle_start_get_stream(Call&);
void handle_next_get_stream(Call&);
void handle_end_get_stream(Call&);
void handle_start_put_stream(Call&);
void handle_next_put_stream(Call&);
void handle_end_put_stream(Call&);

// listener_handlers.cpp
void handle_add_listener(Call&);
void handle_remove_listener(Call&);
void handle_add_bloom_listener(Call&);
void handle_update_bloom(Call&);

// connection_handlers.cpp
void handle_ping(Call&);
void handle_auth_mech_list(Call&);
void handle_auth(Call&);
void handle_exec(Call&);
void handle_query(Call&);

}  // namespace holdfast::hotrod
